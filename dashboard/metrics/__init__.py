"""The address /metrics: what Prometheus reads of this process, and who may."""
