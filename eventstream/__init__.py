"""From a cluster to stored, explained steps: watching, explaining, recording, history."""
