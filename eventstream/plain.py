"""Writes out what a terminal, or a reader's eye, would take for something else than text.

Control characters of both sets, and those that reorder or hide what stands around them. Each is
written as JSON escapes it, so that JSON stays the same JSON.
"""

_OBEYED = (
    *range(9),
    *range(11, 32),
    *range(127, 160),
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),
    0xFEFF,
)
_ESCAPES = {code: f"\\u{code:04x}" for code in _OBEYED}


def plain(text: str) -> str:
    """`text` with nothing in it that is obeyed rather than read; line feeds and tabs stay."""
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPES)
