"""Columns of the tables of history whose text takes half as much in bytes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models

from eventstream.packing.ids import id_bytes, id_text, uid_bytes, uid_text

if TYPE_CHECKING:
    _Bytes = models.BinaryField[str, str]
    _Number = models.BigIntegerField[int, int]
else:
    _Bytes, _Number = models.BinaryField, models.BigIntegerField


class _Packed(_Bytes):
    """Text that stands in bytes; found by what it is equal to, and sorted as these bytes."""

    _pyi_private_set_type: str  # For the plugin: text goes in, and text comes out.
    _pyi_private_get_type: str  # type: ignore[assignment]

    pack: Callable[[str], bytes]
    unpack: Callable[[bytes], str]

    def get_prep_value(self, value: Any) -> Any:
        """The bytes of a text."""
        return type(self).pack(value) if isinstance(value, str) else super().get_prep_value(value)

    def to_python(self, value: Any) -> Any:
        """The text of what somebody gave."""
        return value if isinstance(value, str) else type(self).unpack(bytes(value))

    def from_db_value(self, value: Any, *_: Any) -> str | None:
        """The text of what is stored."""
        return None if value is None else type(self).unpack(bytes(value))


class IdField(_Packed):
    """The id of a step or a trace."""

    pack = staticmethod(id_bytes)
    unpack = staticmethod(id_text)


class UidField(_Packed):
    """The uid of an object."""

    pack = staticmethod(uid_bytes)
    unpack = staticmethod(uid_text)


class NumberField(_Number):
    """A key that is a number; in SQLite the number of the row itself, which takes no index."""

    def db_type(self, connection: Any) -> str | None:
        """The type of its column."""
        return str(connection.dialect.number)
