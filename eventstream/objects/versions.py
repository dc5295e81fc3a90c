"""Orders resourceVersions, which are decimal numbers of any length and nothing else.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions (since
1.35 clients may compare them as numbers; before that etcd's revisions were numbers all along).
"""


def order_of(version: str) -> int | None:
    """The version as a number to order by, or None where it is not comparable.

    Not comparable are "", "0", leading zeros and anything that is not ASCII digits.
    """
    if not version.isascii() or not version.isdigit() or version[0] == "0" or len(version) > 4000:
        return None
    return int(version)
