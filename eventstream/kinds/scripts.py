"""Finds health scripts: in a directory laid out as Argo CD's are, or in its ConfigMap `argocd-cm`.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#custom-health-checks
(the directories, the keys `resource.customizations.health.GROUP_KIND`, and the older key
`resource.customizations`).
"""

from pathlib import Path
from typing import Any

import yaml

from eventstream.objects.health.scripts import ScriptError, Scripts

_SCRIPT = "health.lua"
_KEY = "resource.customizations.health."
_OLD = "resource.customizations"
_BYTES_MOST = 8 << 20
_Sources = dict[tuple[str, str], str]


def read_scripts(path: Path) -> Scripts:
    """The scripts of a directory (`GROUP/KIND/health.lua`) or of a ConfigMap's manifest.

    A directory may also be a mounted ConfigMap, a file for each of its keys. Raises ScriptError
    where there is none, or one is no Lua.
    """
    try:
        sources = _in_directory(path) if path.is_dir() else _in_manifest(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: cannot be read ({error})") from error
    if not sources:
        raise ScriptError(
            f"{path}: no health script: expected GROUP/KIND/{_SCRIPT} below it, or a ConfigMap "
            f"with keys {_KEY}GROUP_KIND"
        )
    try:
        return Scripts(sources)
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from error


def _in_directory(directory: Path) -> _Sources:
    found = {
        (script.parent.parent.name, script.parent.name): _text(script)
        for script in sorted(directory.glob(f"*/*/{_SCRIPT}"))
    }
    data = {file.name: _text(file) for file in sorted(directory.glob(f"{_OLD}*")) if file.is_file()}
    return found | _in_data(data, directory)


def _in_manifest(path: Path) -> _Sources:
    found: _Sources = {}
    for document in _documents(_text(path), path):
        data = document.get("data") if isinstance(document, dict) else None
        found |= _in_data(data if isinstance(data, dict) else {}, path)
    return found


def _in_data(data: dict[str, Any], path: Path) -> _Sources:
    found: _Sources = {}
    for document in _documents(str(data.get(_OLD) or ""), path):
        for name, rules in (document if isinstance(document, dict) else {}).items():
            source = rules.get(_SCRIPT) if isinstance(rules, dict) else None
            if isinstance(source, str):
                group, _, kind = str(name).rpartition("/")
                found[_name(group), _name(kind)] = source
    for key, source in data.items():
        if key.startswith(_KEY):
            group, _, kind = key.removeprefix(_KEY).rpartition("_")
            found[_name(group), _name(kind)] = str(source)
    return found


def _name(name: str) -> str:
    """A name with `_` for anything, where the ConfigMap has `*`."""
    return name.replace("*", "_") or name


def _documents(text: str, path: Path) -> list[Any]:
    try:
        return [*yaml.safe_load_all(text)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ScriptError(f"{path}: no YAML: {str(error)[:300]}") from error


def _text(path: Path) -> str:
    if path.stat().st_size > _BYTES_MOST:
        raise ScriptError(f"{path}: larger than {_BYTES_MOST >> 20} MiB")
    return path.read_text()
