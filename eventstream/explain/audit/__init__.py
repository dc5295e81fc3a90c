"""Audit records as evidence: which request made which version, and what that says of who wrote.

A record at level Metadata names no version that it made, so the join is by object, kind of change,
order and time. It would rather find nothing than something wrong: whatever could as well have
been another's request upgrades no step.
"""
