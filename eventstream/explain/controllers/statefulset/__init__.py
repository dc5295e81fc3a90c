"""StatefulSets: whose turn it is among their Pods."""
