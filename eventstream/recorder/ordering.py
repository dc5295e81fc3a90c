"""Turns resourceVersions into text that a database sorts as numbers.

They are decimal numbers of any length, so neither an integer column nor text as it is will do:
"10" must follow "9", and 2^64 is no limit.
"""

_NOTHING = "0000"


def version_key(resource_version: str) -> str:
    """Text that sorts like the number, or "" for what is no decimal number."""
    if not (resource_version.isascii() and resource_version.isdigit()):
        return ""
    digits = resource_version.lstrip("0")
    return f"{len(digits):04d}{digits}"


def key_after(key: str, at: float) -> str:
    """The place of something without a resourceVersion: behind `key`, by its time.

    `key` is "" when nothing is known to be older. No version's key sorts between `key` and this,
    since "." sorts before every digit.
    """
    return f"{key or _NOTHING}.{max(at, 0.0):018.6f}"
