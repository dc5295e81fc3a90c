"""Follows the audit logs of API servers while they are written, rotated and, at times, away.

A log is evidence that may come late or not at all: nothing here ever ends the observing, and what
could not be read is counted and told.
"""

from eventstream.following.follower import Follower

__all__ = ["Follower"]
