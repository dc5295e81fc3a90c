"""Which file or script is for which kind, where names may stand for many."""

from collections.abc import Collection


def chosen(
    known: Collection[tuple[str, str]], group: str, kind: str, any_: str
) -> tuple[str, str] | None:
    """The key of `known` that is for this kind: its own, else the closest with `any_` in it.

    `any_` in place of a kind, or as the first part of a group, stands for any.
    """
    parts = group.split(".")
    groups = [group, *(".".join((any_, *parts[n:])) for n in range(1, len(parts)))]
    for one in groups:
        for name in (kind, any_):
            if (one, name) in known:
                return one, name
    return None
