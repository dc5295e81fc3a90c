"""Orders resourceVersions, which are decimal numbers of any length and nothing else.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions (since
1.35 clients may compare them as numbers; before that etcd's revisions were numbers all along).
"""


def order_of(version: str) -> int | None:
    """The version as a number to order by, or None where it is not comparable.

    Not comparable are "", "0", leading zeros and anything that is not ASCII digits.
    """
    if version.isdigit() and version.isascii() and version[0] != "0" and len(version) <= 4000:
        return int(version)
    return None


def is_comparable(version: str) -> bool:
    """Whether the version is a number as the API writes them, so that it has a place in order."""
    return version.isascii() and version.isdigit() and version[0] != "0"


def is_newer(version: str, than: str) -> bool | None:
    """Whether `version` is the higher number of the two; None where either is not comparable.

    Without leading zeros the longer text is the higher number, so no number is ever made of it.
    """
    if not is_comparable(version) or not is_comparable(than):
        return None
    return (len(version), version) > (len(than), than)


def is_resumable(version: str) -> bool:
    """Whether a watch can go on from it: "" and "0" mean "anything" there, not a place."""
    return version not in {"", "0"}
