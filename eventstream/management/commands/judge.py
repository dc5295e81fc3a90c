"""`manage.py judge FILE`: how objects stand, and by what that is known.

For whoever writes a file of kinds or a health script: `kubectl get widget one -o yaml` gives an
object to try it with, and no cluster, recording or restart is needed.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import CommandError

from eventstream.management.options import taught_by, teaching
from eventstream.management.printing import PlainCommand
from eventstream.objects.health.judging import Judge
from eventstream.objects.health.records import Health
from eventstream.objects.kinds import is_built_in

_LETTERS_MOST = 32 << 20
_BASES = {
    "convention": "conventions that operators share",
    "declared": "the file of its kind",
    "script": "a health script",
}


class _Loader(yaml.SafeLoader):
    """Reads a time as the text that the API has."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the loader has it
        first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Command(PlainCommand):
    """Print how the objects of manifests stand: state, by what, and what they say."""

    help = "Judge objects (YAML or JSON, as kubectl prints them) by scripts, files and conventions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is judged, and by what beside that which comes with Baton."""
        parser.add_argument(
            "manifest", nargs="+", help="a file with objects as kubectl prints them; - reads stdin"
        )
        teaching(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Print each object's verdict; what cannot be read ends it with a message."""
        judge = taught_by(options)
        for name in options["manifest"]:
            found = 0
            for thing in _objects(name):
                found += 1
                for line in _told(judge, thing):
                    self.stdout.write(line)
            if not found:
                raise CommandError(f"{name}: there is no object in it.")


def _objects(name: str) -> Iterator[dict[str, Any]]:
    """The objects of a manifest, those of its lists too."""
    try:
        documents = [*yaml.load_all(_text(name), _Loader)]
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise CommandError(f"{name}: cannot be read: {error}") from error
    for document in documents:
        items = document.get("items") if isinstance(document, dict) else None
        for thing in items if isinstance(items, list) else [document]:
            if thing is None:
                continue
            if not isinstance(thing, dict) or not isinstance(thing.get("kind"), str):
                raise CommandError(f"{name}: what has no kind is no object.")
            yield thing


def _text(name: str) -> str:
    """All of a manifest: a part of one may end in the middle of an object."""
    if name == "-":
        text = sys.stdin.read(_LETTERS_MOST + 1)
    else:
        with Path(name).open(encoding="utf-8") as file:
            text = file.read(_LETTERS_MOST + 1)
    if len(text) > _LETTERS_MOST:
        raise CommandError(f"{name}: it is longer than {_LETTERS_MOST:,} letters; cut it in parts.")
    return text


def _told(judge: Judge, thing: dict[str, Any]) -> list[str]:
    version, kind = str(thing.get("apiVersion") or ""), thing["kind"]
    metadata = thing.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    whole = f"{kind} {name or '(without a name)'}"
    if is_built_in(version):
        return [f"{whole}: {version} is Kubernetes' own; Baton has rules for it, and asks no file."]
    health = judge(version.rpartition("/")[0], kind, thing)
    if health is None:
        return [f"{whole}: unknown", "  it has no status that anything could be read from"]
    return [f"{whole}: {health.state}", *(f"  {line}" for line in _lines(health))]


def _lines(health: Health) -> Iterator[str]:
    by = health.by or (f"{health.rule} holds" if health.rule else "no rule applies")
    yield f"as {by}"
    yield f"by {_BASES[health.basis]}"
    said = " - ".join(text for text in (health.reason, health.message) if text)
    if said:
        yield f"it says: {said}"
    if health.since:
        yield f"since {health.since}"
    if health.state not in ("complete", "unknown"):
        holder = "a person" if health.holder == "client" else health.holder
        yield f"the turn is with: {holder or 'its controller, whose name no file says'}"
    if health.patient:
        yield "however long it takes, that is not unusual"
    for name in health.waits_for:
        yield f"waits for {name}, if that is not as asked for"
