"""What the tests of the command need: a database that is known by another name too."""

from tests.dashboard.conftest import any_database

__all__ = ["any_database"]
