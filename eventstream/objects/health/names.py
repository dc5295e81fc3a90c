"""Names in an expression that nobody knows: said when a file is read, not when a rule is asked.

CEL itself looks a name up only where it comes to it, so that a misspelt one in a rule would wait
for the first object that gets so far, and leave that unknown.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from collections.abc import Iterator
from difflib import get_close_matches

from eventstream.expressions import expression

PARTS = frozenset(("object", "spec", "status", "metadata"))
"""What an expression sees of an object."""
FUNCTIONS = frozenset(
    (
        "at", "count", "condition", "named", "applied",
        "size", "has", "contains", "startsWith", "endsWith", "matches", "exists", "exists_one",
        "existsOne", "all", "map", "filter", "int", "uint", "double", "string", "bytes", "duration",
        "timestamp", "type", "dyn", "getFullYear", "getMonth", "getDate", "getDayOfWeek",
        "getDayOfYear", "getDayOfMonth", "getHours", "getMinutes", "getSeconds",
        "getMilliseconds",
    )
)  # fmt: skip
"""What it may call: Baton's own first, then those of CEL that the library has."""
_CONSTANTS = frozenset(("true", "false", "null", "in"))
_COMMENTS = r"//[^\n]*"
_RAW_TEXTS = r"""\b[bB]?[rR](?:"{3}.*?"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')"""
_PLAIN_TEXTS = (
    r"""(?:\b[bB])?(?:"{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}"""
    r"""|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
)
_TEXTS = expression(f"{_COMMENTS}|{_RAW_TEXTS}|{_PLAIN_TEXTS}", dot_all=True)
"""What holds no names: comments, and texts of every form, raw ones and bytes too."""
_NAMES = expression(r"(\.?)\s*\b([A-Za-z_]\w*)\s*(\(?)")
_OWN = expression(r"\.(?:exists|exists_one|existsOne|all|map|filter)\(\s*([A-Za-z_]\w*)\s*,")


def unknown_name(text: str) -> str:
    """What is said of the first name in an expression that nobody knows; empty where all are."""
    bare = _TEXTS.sub('""', text)
    own = {match[1] for match in _OWN.finditer(bare)}
    for kind, name, known in _used(bare, own):
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"; perhaps {close[0]} is meant" if close else f": {', '.join(sorted(known))}"
            return f"there is no {kind} {name}{hint}"
    return ""


def _used(bare: str, own: set[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each name that has to be known: a function's, or one that stands by itself."""
    for match in _NAMES.finditer(bare):
        dot, name, calls = match.groups()
        if calls and name not in _CONSTANTS:
            yield "function", name, FUNCTIONS
        elif not dot and name not in own and name not in _CONSTANTS:
            yield "name", name, PARTS
