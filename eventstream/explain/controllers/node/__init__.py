"""Nodes: what kubelets and the controllers of nodes write, and how a Node stands."""
