"""The process in front of several clusters: it has their address, and a process for each of them.

So memory, faults, sessions and processors are apart: what one cluster brings about never reaches
the pages of another.
"""
