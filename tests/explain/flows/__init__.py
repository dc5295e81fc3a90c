"""Flows that the recordings do not show, each told as Kubernetes' source makes its requests."""
