"""Deployments: their ReplicaSets, their rollouts, and how one stands."""
