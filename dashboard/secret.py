"""Keeps one installation's secret key, so that a first start needs no configuration."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_secret_key(directory: Path) -> str:
    """Return the key kept in `directory`, making directory and key on the first call.

    Raises ImproperlyConfigured when neither reading nor writing it is possible.
    """
    path = directory / "secret-key"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        why = "it is a file" if directory.is_file() else error.strerror
        raise ImproperlyConfigured(
            f"the data directory {directory} cannot be used: {why}. Let it be a directory that "
            "this user may write to, with room on its disk, or set BATON_DATA to another one."
        ) from error


def _write_once(path: Path, key: str) -> None:
    """Write `key` for its owner's eyes only; whoever comes second keeps the first one's key."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(key)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
