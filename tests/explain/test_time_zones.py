"""The names of time zones that Baton knows are those of the IANA database, as it is locked here."""

from importlib.resources import files

from eventstream.explain.vocabulary.time_zones import KNOWN

_PLACEHOLDERS = {"Factory", "localtime"}
"""Names in the database of a clock that nobody has set, which is no zone."""


def test_every_zone_of_the_database_is_known_and_no_other() -> None:
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    assert len(names) > 500
    assert set(names) - _PLACEHOLDERS == KNOWN
