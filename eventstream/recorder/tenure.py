"""That one process writes a history from some moment on, until another one does.

Whoever has the right to write says so in the database itself, so that one that lost that right and
does not know it yet, or that goes on beside a database that was set back, commits nothing more.
"""

import secrets

from django.db import transaction

from eventstream.dialects import OvertakenError, VanishedError
from eventstream.models import InstallationRow
from eventstream.statements import statements


class Tenure:
    """The writing of this process, which begins when this is made: nobody before commits after."""

    def __init__(self) -> None:
        self._writer = secrets.token_hex(8)
        with transaction.atomic():
            one = InstallationRow.the_one()
            statements().alone()
            InstallationRow.objects.filter(id=1).update(writer=self._writer)
            one.refresh_from_db()
        self._epoch, self._seq = one.epoch, one.seq

    def check(self, epoch: str, writer: str, seq: int) -> None:
        """Return if a database that says this of itself is as this process left it.

        Raises VanishedError and OvertakenError. It may hold more than is known to be stored: a
        commit whose answer was lost, which is then told again and changes nothing.
        """
        if epoch != self._epoch:
            raise VanishedError(
                "The database is another one than Baton wrote to: the database has vanished."
            )
        if writer != self._writer:
            raise OvertakenError("Another Baton has written to the database since.")
        if seq < self._seq:
            raise OvertakenError(
                f"The database was set back: it ends at {seq}, and {self._seq} had been stored."
            )

    def reached(self, seq: int) -> None:
        """Note what is stored."""
        self._seq = seq
