"""Every attack is found by `make bench-hostile`, each runs alone, and one that fails is told."""

from importlib import import_module

import pytest

from benchmarks.hostile import __main__ as runner
from benchmarks.hostile import report


@pytest.mark.parametrize("name", runner.attacks())
def test_every_module_can_be_run(name: str) -> None:
    assert callable(import_module(f"benchmarks.hostile.{name}").main)


def test_a_failure_stops_nothing_and_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(name: str) -> bool:
        ran.append(name)
        return name == "good"

    monkeypatch.setattr(runner, "attacks", lambda: ["bad", "good"])
    monkeypatch.setattr(runner, "run", run)
    assert runner.main([]) == 1
    assert ran == ["bad", "good"]
    assert "Failed: bad" in capsys.readouterr().err


def test_what_the_process_of_an_attack_ends_with_counts() -> None:
    assert not runner.run("no_such_attack")


def test_a_row_has_a_place_for_each_column_and_the_rest_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report.heading()
    report.row("a chain of owners", memory_mb=1234.56, dropped=7, pages=3, note="as it should")
    heading, row = capsys.readouterr().out.splitlines()
    assert row[: len(heading)].split()[-4:] == ["1,234.6", "-", "-", "7"]
    assert row[len(heading) :].split("  ") == ["", "pages=3", "as it should"]
