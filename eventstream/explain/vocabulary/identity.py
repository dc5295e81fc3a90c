"""Names steps and traces so that a write has the same id in every run and after a restart."""

from hashlib import blake2b

_SIZE = 10


def step_id(cluster: str, uid: str, version: str, part: str = "request") -> str:
    """The id of one part (request, store or broadcast) of the write that made this version."""
    return _hash(f"{cluster}\0{uid}\0{version}\0{part}")


def trace_id(cluster: str, root_step: str) -> str:
    """The id of the trace that this step began."""
    return _hash(f"{cluster}\0trace\0{root_step}")


def existing_trace_id(cluster: str, uid: str) -> str:
    """The id of the trace for what happens to an object without a cause that was seen."""
    return _hash(f"{cluster}\0{uid}\0existing")


def _hash(parts: str) -> str:
    return blake2b(parts.encode("utf-8", "replace"), digest_size=_SIZE).hexdigest()


def part_id(request: str, part: str) -> str:
    """The id of the store or broadcast part of the write whose request has this id."""
    return _hash(f"{request}\0{part}")
