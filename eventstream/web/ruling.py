"""What somebody who knows the pages says of a request whose head is there: may its body come?"""

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import unquote

SMALL_BYTES = 64 * 1024
"""So much may come with a request that is no upload; it is kept in memory."""


class Ruling(Protocol):
    """The answer to one head."""

    @property
    def status(self) -> int:
        """The HTTP status to refuse with; 0 to take the body."""

    @property
    def text(self) -> str:
        """Why it is refused; of a body that is taken, what to say if it gets too long."""

    @property
    def allow(self) -> str:
        """The methods that are allowed there, for status 405."""

    @property
    def most(self) -> int:
        """So many bytes the body may have."""

    @property
    def streamed(self) -> bool:
        """Whether the application begins with the head and reads the body while it comes."""


Admit = Callable[[str, str, Mapping[bytes, bytes], int | None, str], Ruling]
"""Rules on method, path (decoded), headers (names in small letters), the body's length, None when
it comes in chunks, and the address that it comes from. Asked in the event loop for each request
that has a body."""


def decoded(target: bytes) -> str:
    """Return the path of a request's target as the pages are told it."""
    return unquote(target.split(b"?", 1)[0].decode("latin-1"))
