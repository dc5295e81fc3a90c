"""Clients: whatever no component of the cluster accounts for."""
