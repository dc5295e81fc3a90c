"""A small cluster that knows who wrote what, to check the engine against something independent.

It shares no code with the engine: the actors here are written from Kubernetes' own behaviour, each
with its own late view of the cluster, and what they do comes out as a watch would show it.
"""
