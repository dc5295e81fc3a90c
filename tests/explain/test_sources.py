"""What the rules rest on is there: files and names of Kubernetes' source, at the version named."""

import json
import re
from pathlib import Path, PurePosixPath

import pytest

from eventstream import explain
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.documented.rules import DOCUMENTED_RULES
from eventstream.explain.vocabulary.registry import ACTORS
from eventstream.explain.vocabulary.sources import K8S, PINNED, VERSION, Source

SYMBOLS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "truth" / f"kubernetes-symbols-{VERSION}.json").read_text()
)
"""Each file of Kubernetes' source that controllers are in, to the names that it defines."""
FOLDERS = {str(folder) for path in SYMBOLS for folder in PurePosixPath(path).parents}

_FILE = re.compile(
    r"((?:pkg|staging|plugin|cmd)/[\w./-]+\.go)((?:(?:, | and )[A-Za-z]\w*(?![\w/.-]*/))*)"
)
_NAME = re.compile(r"\b(?!and\b)[A-Za-z]\w*")


def mentions() -> list[tuple[str, str, tuple[str, ...]]]:
    """(where, file of Kubernetes, names in it) of each mention in a docstring of `explain`."""
    found = []
    root = Path(explain.__path__[0])
    for path in sorted(root.rglob("*.py")):
        if path.name == "sources.py":
            continue  # What it pins is looked at by itself.
        text = re.sub(r"\s*\n\s*", " ", path.read_text(encoding="utf-8"))
        where = str(path.relative_to(root))
        found += [
            (where, mention[1], tuple(_NAME.findall(mention[2])))
            for mention in _FILE.finditer(text)
        ]
    return found


def missing(path: str, names: tuple[str, ...]) -> list[str]:
    """What of this is not in that version of Kubernetes."""
    known = SYMBOLS.get(path)
    if known is None:
        return [path]
    return [f"{path}, {name}" for name in names if name not in known]


@pytest.mark.parametrize("source", PINNED.values(), ids=lambda source: source.path)
def test_a_pinned_source_is_in_that_version(source: Source) -> None:
    assert source.symbols, "it names no function"
    assert missing(source.path, source.symbols) == []


def test_each_mention_in_a_docstring_is_in_that_version() -> None:
    found = mentions()
    assert len(found) > 60
    wrong = [(where, gone) for where, path, names in found if (gone := missing(path, names))]
    assert wrong == []


def test_every_address_in_the_source_is_a_file_or_folder_of_that_version() -> None:
    addresses = {
        *(actor.source_url for actor in ACTORS.values()),
        *(diagnosis.source_url for diagnosis in DIAGNOSES.values()),
        *(source for rule in DOCUMENTED_RULES.values() for source in rule.sources),
    }
    inside = {address.removeprefix(K8S) for address in addresses if address.startswith(K8S)}
    assert len(inside) > 40
    assert {path for path in inside if path not in SYMBOLS and path not in FOLDERS} == set()


def test_a_name_that_is_not_there_is_found_out() -> None:
    assert missing("pkg/controller/deployment/sync.go", ("getNewReplicaSet", "getOld")) == [
        "pkg/controller/deployment/sync.go, getOld"
    ]
    assert missing("pkg/controller/none.go", ()) == ["pkg/controller/none.go"]
