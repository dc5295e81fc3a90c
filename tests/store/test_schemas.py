"""One PostgreSQL has the histories of several clusters, apart, each with a writer of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from eventstream.dialects import InUseError, UnusableError
from eventstream.postgresql.dialect import PostgreSQL
from tests.postgresql import Server
from tests.store.conftest import NAME, connected

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def schemas(postgres: Server) -> Iterator[Server]:
    yield postgres
    postgres.execute(
        "DROP SCHEMA IF EXISTS baton_east", "DROP SCHEMA IF EXISTS baton_far_west",
        "DROP ROLE IF EXISTS poor", database=NAME,
    )  # fmt: skip


def found(postgres: Server) -> list[str]:
    asked = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'baton%' ORDER BY 1"
    return [str(name) for (name,) in postgres.execute(asked, database=NAME)]


def test_clusters_have_a_schema_each_and_do_not_wait_for_each_other(
    schemas: Server, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    with ExitStack() as stack:
        for name in ("east", "far-west"):
            settings.BATON_CLUSTER = name
            with connected(schemas.url(NAME), name):
                PostgreSQL().claim(stack)
                with pytest.raises(InUseError, match=f"schema baton_{name.replace('-', '_')}"):
                    PostgreSQL().claim(stack)
        assert found(schemas) == ["baton_east", "baton_far_west"]


def test_who_may_make_no_schema_is_told_which_and_uses_one_that_is_there(
    schemas: Server, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR, settings.BATON_CLUSTER = tmp_path, "east"
    schemas.execute("CREATE ROLE poor LOGIN", database=NAME)
    url = schemas.url(NAME).replace("//baton@", "//poor@")
    with connected(url, "east"), ExitStack() as stack:
        with pytest.raises(UnusableError, match="CREATE SCHEMA baton_east AUTHORIZATION") as told:
            PostgreSQL().claim(stack)
        assert "poor" not in str(told.value)
        schemas.execute("CREATE SCHEMA baton_east AUTHORIZATION poor", database=NAME)
        PostgreSQL().claim(stack)
    schemas.execute("DROP SCHEMA baton_east", database=NAME)


def test_a_value_that_is_withheld_looks_different_in_each_cluster(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_SECRET_KEY", SECRET)
    keys = set()
    for settings.BATON_CLUSTER in ("", "east", "west"):
        keys.add(PostgreSQL().given_key())
    assert len(keys) == 3
