"""Tells people outside of stalls, recoveries and watched kinds, by rules of whoever runs Baton.

Nothing is written to the cluster, and nothing here may hold the watch up: traces are noted as they
come, what is due is looked for once a second, and sending has its own queue for each target.
"""
