"""Texts with and without credentials, as data: what is hidden, and what has to stay readable."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

HERE = Path(__file__).parent

WAYS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": lambda text: '{"level":"error","msg":' + json.dumps(text) + ',"n":1}',
    "escaped": lambda text: json.dumps(json.dumps({"msg": text})),
    "yaml": lambda text: "msg: >-\n  " + text.replace("\n", "\n  ") + "\nn: 1\n",
    "quoted": lambda text: f"it said '{text}' again",
    "url": lambda text: f"https://x.example.com/?m={quote(text, safe='')}&n=1",
}
"""How a program may pass on a text that it was given."""


def planted() -> Iterator[tuple[str, str, str]]:
    """Each form of a credential in each way that it comes: (name, text, the credential)."""
    for number, line in enumerate(_lines("credentials.jsonl"), 1):
        form: dict[str, Any] = json.loads(line)
        for way in form.get("ways", WAYS):
            text = WAYS[way](form["text"].replace("{}", form["value"]))
            yield f"{number} {form['kind']} {way}", text, form["value"]


def shows(text: str, value: str) -> bool:
    """Whether any five characters of `value` in a row are left of it in `text`."""
    return any(value[place : place + 5] in text for place in range(max(len(value) - 4, 1)))


def ordinary() -> list[str]:
    """Sentences, names, paths, digests and quantities that hold no credential."""
    return _lines("ordinary.txt")


def recorded() -> list[str]:
    """The distinct messages of recordings and of situations that were written for the engine."""
    return [json.loads(line) for line in _lines("messages.jsonl")]


def _lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()
