"""The import contracts let through what ARCHITECTURE.md says, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

EXPLAIN = (
    *("attribution", "audit", "controllers", "deletions", "engine", "outlook", "vocabulary"),
    "world",
)
CONTROLLERS = {
    str(file.relative_to(ROOT)): ""
    for file in (ROOT / "eventstream/explain/controllers").rglob("*.py")
}
KEPT = {
    "eventstream/explain/__init__.py": "",
    **CONTROLLERS,
    **{f"eventstream/explain/{name}/__init__.py": "" for name in EXPLAIN},
    "dashboard/views.py": "from eventstream import history\nimport "
    "eventstream.explain.vocabulary.records",
    "dashboard/pages/reference.py": "from eventstream.explain.vocabulary.documented import rules",
    "dashboard/settings.py": "from eventstream import sqlite",
    "eventstream/sqlite/__init__.py": "",
    "eventstream/management/observe.py": "from eventstream import observer",
    "eventstream/observer.py": "from eventstream import kubeapi, recorder\nimport asyncio",
    "eventstream/following.py": "from eventstream import objects",
    "eventstream/notifying/notifier.py": "from eventstream import explain",
    "eventstream/otlp/exporter.py": "from eventstream import history",
    "eventstream/searching.py": "",
    "eventstream/recorder.py": "from eventstream import history, models, explain",
    "eventstream/retention.py": "from eventstream import forgetting, models",
    "eventstream/forgetting.py": "from eventstream import names",
    "eventstream/names.py": "from eventstream import statements",
    "eventstream/statements.py": "import django",
    "eventstream/fields.py": "from eventstream import packing",
    "eventstream/packing/__init__.py": "from eventstream import explain",
    "eventstream/history.py": "from eventstream import models, notifying",
    "eventstream/models.py": "import django",
    "eventstream/kubeapi/client.py": "from kubernetes import aio\nfrom eventstream import objects",
    "eventstream/explain/engine/engine.py": "from eventstream import objects",
    "eventstream/explain/vocabulary/documented/rules.py": "from eventstream.explain.vocabulary "
    "import sources",
    "eventstream/explain/vocabulary/sources.py": "",
    "eventstream/explain/vocabulary/records.py": "import hashlib",
    "eventstream/explain/controllers/pod/rules.py": "from eventstream.explain.controllers "
    "import registry, shared",
    "eventstream/objects/__init__.py": "import msgspec",
    "eventstream/kubeapi/reviews.py": "",
    "practicecluster/server.py": "import aiohttp",
    "dashboard/wording.py": "from eventstream.explain.vocabulary import records",
    "terminal/command.py": "from dashboard import wording\nfrom eventstream.kubeapi import client",
}
BROKEN = {
    "dashboard/consumers.py": "from eventstream import recorder",
    "dashboard/pages/learn.py": "from eventstream.explain import controllers",
    "eventstream/explain/vocabulary/registry.py": "import asyncio",
    "eventstream/explain/vocabulary/documented/rules.py": "from eventstream.explain import engine",
    "eventstream/explain/world/logs.py": "from eventstream.explain import attribution",
    "eventstream/explain/controllers/pod/rules.py": "from eventstream.explain.controllers "
    "import node",
    "eventstream/history.py": "import kubernetes",
    "eventstream/kubeapi/reflector.py": "import practicecluster",
    "eventstream/objects/images.py": "from eventstream import explain",
    "practicecluster/player.py": "from eventstream import objects",
    "dashboard/access.py": "import terminal",
    "terminal/command.py": "import django",
}


def lint(tree: dict[str, str], directory: Path) -> str:
    """What import-linter prints of a `tree` of modules under the project's contracts."""
    for name, source in tree.items():
        module = directory / name
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(source + "\n")
    for package in {module.parent for module in directory.rglob("*.py")}:
        (package / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", directory)
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo"],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_way_of_an_event_is_allowed(tmp_path: Path) -> None:
    assert "Contracts: 11 kept, 0 broken." in lint(KEPT, tmp_path)


def test_every_contract_bites(tmp_path: Path) -> None:
    assert "Contracts: 0 kept, 11 broken." in lint(KEPT | BROKEN, tmp_path)
