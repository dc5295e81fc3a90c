"""Recordings of what people are stuck on, which can be started in a practice cluster.

Each is played into namespaces of its own, beside what people do there; the cluster's controllers
do not see it, as whatever they did would change what was recorded.
"""
