"""Histories come and go with opened recordings, while other threads go through all there are."""

from pathlib import Path

from django.db import connections

from eventstream.history import databases


def test_one_that_comes_or_goes_disturbs_nobody_who_goes_through_them(tmp_path: Path) -> None:
    passed = []
    for name in connections:
        passed.append(name)
        databases.add(f"beside-{name}", tmp_path / "beside.sqlite3")
    assert passed == ["default"]
    assert set(connections) == {"default", "beside-default"}
    for name in connections:
        databases.remove("beside-default")
        passed.append(name)
    assert passed == ["default", "default", "beside-default"]
    assert set(connections) == {"default"}
