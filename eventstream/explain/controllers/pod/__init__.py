"""Pods: what kubelets and the scheduler do with them, and what a Pod waits for."""
