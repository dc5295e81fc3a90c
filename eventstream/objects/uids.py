"""Keeps uids short: they stand in keys, in addresses and in every reference to an object.

An API server gives 36 characters. What is longer, in a recording that somebody made, is called by
its hash wherever it occurs, so that owners and Events still find their object.
"""

from hashlib import blake2b

UID_MOST = 253


def is_sound(uid: str) -> bool:
    """Whether there is a uid, and it is no longer than any name in Kubernetes."""
    return 0 < len(uid) <= UID_MOST


def bounded(uid: str) -> str:
    """The uid, or what it is called by if it is too long."""
    if len(uid) <= UID_MOST:
        return uid
    return f"long-uid:{blake2b(uid.encode(errors='replace'), digest_size=16).hexdigest()}"
