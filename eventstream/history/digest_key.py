"""The key of an installation's digests, in a file and never in its database.

Whoever gets the database alone, as a backup or a copy, can then not even try what was withheld:
a short password would be guessed from its digest and the key in no time.
"""

import logging
import secrets
from pathlib import Path

from eventstream import private
from eventstream.dialects import dialect
from eventstream.models import InstallationRow, StepRow

logger = logging.getLogger(__name__)

_BYTES = 32


class DigestKeyError(Exception):
    """The key can be neither read nor kept; the message says where, why and what to do."""


def installation_key() -> bytes:
    """The 32 random bytes that key this installation's digests of withheld values.

    Unless one is given it is made at the first call, as is the row about the database, so only for
    those who may write.
    Raises DigestKeyError.
    """
    InstallationRow.the_one()
    given = dialect().given_key()
    if given is not None:
        return given
    path = dialect().key_file
    try:
        if path.exists():
            private.close_file(path)
            return _read(path)
        if StepRow.objects.exists():
            logger.warning(
                "%s is gone, and a new key is made: withheld values will look changed once. Keep "
                "that file with the database.",
                path,
            )
        private.write_file(path, secrets.token_hex(_BYTES).encode() + b"\n")
        return _read(path)
    except (OSError, ValueError) as error:
        raise DigestKeyError(
            f"The key of this installation's digests cannot be kept in {path}: {error}. Make the "
            "file and its directory readable and writable, and room on the disk; a file that "
            "holds no key has to be brought back from where it was copied, or deleted."
        ) from error


def _read(path: Path) -> bytes:
    key = bytes.fromhex(path.read_text(encoding="ascii"))
    if len(key) != _BYTES:
        raise ValueError(f"it holds {len(key)} bytes instead of {_BYTES}")
    return key
