"""ReplicaSets: their Pods, and why one cannot be created."""
