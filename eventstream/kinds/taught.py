"""Everything that Baton was taught of kinds, as the one who judges them."""

from functools import lru_cache
from pathlib import Path

from eventstream.kinds.files import read_kinds, shipped
from eventstream.kinds.scripts import read_scripts
from eventstream.objects.health.judging import Judge


@lru_cache(maxsize=4)
def judge(kinds: Path | None = None, scripts: Path | None = None) -> Judge:
    """Judges by the scripts of `scripts`, the files of `kinds`, and those that come with Baton.

    Raises KindFileError or ScriptError (both ValueError) that says which file is wrong, and where.
    """
    own = read_kinds(kinds) if kinds is not None else {}
    return Judge(shipped() | own, read_scripts(scripts) if scripts is not None else None)
