"""What the address of a trace's page asks for: which picture of it, which part, which moment.

All of a page's state is in its address, so that it can be shared, reloaded, and had without script.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlencode

import msgspec

SHOWS = ("sequence", "waterfall", "list")


class Asked(msgspec.Struct, frozen=True):
    """`show` is one of SHOWS, or "" for what fits the window; `at` is unix seconds.

    `step` is the selected step, `after` the cursor to go on from, and `unfold` the row whose
    members are all to be drawn.
    """

    show: str = ""
    step: str = ""
    after: str = ""
    unfold: str = ""
    at: float | None = None

    @property
    def shown(self) -> str:
        """The picture that is drawn; a narrow window shows a sequence as the list that it is."""
        return self.show or "sequence"

    def query(self, **changed: str | None) -> str:
        """The query that asks for the same but for what is `changed`; None leaves a thing out."""
        asked = {
            "show": self.show,
            "after": self.after,
            "at": "" if self.at is None else moment(self.at),
            "step": self.step,
        }
        return "?" + urlencode({name: value for name, value in (asked | changed).items() if value})

    @property
    def prefix(self) -> str:
        """The beginning of the query of a link to a step in the same picture, as it is now."""
        query = self.query(step=None, at=None)[1:]
        return f"{query}&" if query else ""


def moment(at: float) -> str:
    """Return unix seconds for an address: milliseconds, and never before what was then."""
    return f"{math.ceil(at * 1000) / 1000:.3f}"


def from_query(query: Mapping[str, str]) -> Asked:
    """Return what a query string asks for; what makes no sense is as if it were not there."""
    show = query.get("show", "")
    return Asked(
        show if show in SHOWS else "",
        query.get("step", ""),
        query.get("after", ""),
        query.get("unfold", ""),
        _moment(query.get("at", "")),
    )


def _moment(text: str) -> float | None:
    try:
        at = float(text)
    except ValueError:
        return None
    return at if math.isfinite(at) and 0 < at < 32_503_680_000 else None


def replay(
    times: Iterable[float], at: float | None, query: Callable[[float | None], str]
) -> dict[str, str]:
    """Return the addresses of the moments to step to from `at`, "" where there is none.

    `times` are those at which something came; empty where there are no two of them to step between.
    """
    all_ = sorted(set(times))
    if len(all_) < 2:
        return {}
    now = all_[-1] + 1 if at is None else at
    before = [each for each in all_ if float(moment(each)) < now]
    after = [each for each in all_ if each > now]
    return {
        "first": query(all_[0]),
        "back": query(before[-1]) if before else "",
        "on": query(after[0]) if after else "",
        "live": query(None),
    }
