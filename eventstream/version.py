"""Baton's own version: it stands in `pyproject.toml` and nowhere else.

Read from that file, which the image and an installation have too: what `importlib.metadata` knows
by its name may be somebody else's.
"""

import sys
import tomllib
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

VERSION: str = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"]
"""As 1.2.3."""

AGENT = f"baton/{VERSION}"
"""What Baton calls itself towards the API server, by which its requests are told from others'."""

if __name__ == "__main__":
    sys.stdout.write(f"{VERSION}\n")
