"""Settings refuse what makes no sense, and keep one secret key for one installation."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard import settings
from dashboard.secret import kept_secret_key


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    key = kept_secret_key(directory)
    assert len(key) >= 48
    assert kept_secret_key(directory) == key
    assert (directory / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in directory.iterdir()] == ["secret-key"]


def test_a_key_that_cannot_be_kept_names_the_file_and_the_ways_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match=r"it is a file.*BATON_DATA"):
        kept_secret_key(tmp_path / "file")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("*", "DNS rebinding"),
        ("a,https://baton.example", "without scheme"),
        ("baton.example:8443", "without scheme, port"),
        ("baton example", "without scheme, port"),
        ("baton.example/baton", "and path"),
    ],
)
def test_allowed_hosts_must_name_hosts(
    monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    monkeypatch.setenv("BATON_ALLOWED_HOSTS", value)
    with pytest.raises(ImproperlyConfigured, match=words):
        settings._hosts()


@pytest.mark.parametrize(
    ("value", "more"),
    [("", []), (" , ", []), ("a.example, b.example", ["a.example", "b.example"]), ("[::1]", [])],
)
def test_names_that_are_allowed_are_added_to_those_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, value: str, more: list[str]
) -> None:
    monkeypatch.setenv("BATON_ALLOWED_HOSTS", value)
    assert settings._hosts() == ["localhost", "127.0.0.1", "[::1]", *more]


@pytest.mark.parametrize("value", ["yes", "-1", "1.5", "1e3", "9" * 20])
def test_how_long_https_is_kept_to_is_whole_seconds(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BATON_HSTS_SECONDS", value)
    with pytest.raises(ImproperlyConfigured, match="BATON_HSTS_SECONDS"):
        settings._seconds("BATON_HSTS_SECONDS", 5)


@pytest.mark.parametrize(("value", "seconds"), [("", 5), ("0", 0), ("3600", 3600)])
def test_how_long_https_is_kept_to_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, value: str, seconds: int
) -> None:
    monkeypatch.setenv("BATON_HSTS_SECONDS", value)
    assert settings._seconds("BATON_HSTS_SECONDS", 5) == seconds


def test_a_prefix_that_is_none_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_PATH_PREFIX", "baton")
    with pytest.raises(ImproperlyConfigured, match="BATON_PATH_PREFIX: 'baton' is no path"):
        settings._prefix()


@pytest.mark.parametrize("sign_in", ["token", "local"])
def test_djangos_checks_for_deployment_find_nothing(tmp_path: Path, sign_in: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name[:6] != "BATON_"}
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment | {"BATON_DATA": str(tmp_path), "BATON_SIGN_IN": sign_in},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "no issues (4 silenced)" in checked.stdout


@pytest.mark.parametrize("value", ["yes", "true", ""])
def test_a_flag_is_0_or_1(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BATON_DEBUG", value)
    with pytest.raises(ImproperlyConfigured, match="BATON_DEBUG"):
        settings._flag("BATON_DEBUG")


@pytest.mark.parametrize(
    ("value", "words"), [("prod\u202eeu", "plain text"), ("a\nb", "plain text"), ("x" * 101, "100")]
)
def test_a_name_of_a_cluster_that_no_header_can_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    monkeypatch.setenv("BATON_CLUSTER_NAME", value)
    with pytest.raises(ImproperlyConfigured, match=f"BATON_CLUSTER_NAME.*{words}"):
        settings._cluster_name()


def test_an_unknown_log_level_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_LOG_LEVEL", "LOUD")
    with pytest.raises(ImproperlyConfigured, match="BATON_LOG_LEVEL is 'LOUD'"):
        settings._log_level()


@pytest.mark.parametrize("value", ["0", "-1", "a week", "nan", "inf"])
def test_retention_is_a_number_above_0(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BATON_RETENTION_DAYS", value)
    with pytest.raises(ImproperlyConfigured, match="BATON_RETENTION_DAYS"):
        settings._amount("BATON_RETENTION_DAYS", 7)


def test_retention_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_RETENTION_MB", "0.5")
    assert settings._amount("BATON_RETENTION_MB", 512) == 0.5
    monkeypatch.setenv("BATON_RETENTION_MB", "")
    assert settings._amount("BATON_RETENTION_MB", 512) == 512


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BATON_CLUSTER", "East", "BATON_CLUSTER: 'East' is no name of a cluster"),
        ("BATON_CLUSTERS", "east=a, east=b", "BATON_CLUSTERS: two clusters are called east"),
    ],
)
def test_clusters_are_called_what_an_address_can_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("BATON_DATA", str(tmp_path))
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        runpy.run_path(settings.__file__)


def test_what_several_clusters_share_has_a_place_for_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BATON_DATA", str(tmp_path))
    monkeypatch.setenv(
        "DATABASE_URL", "postgresql://db.example.com/baton?options=-csearch_path%3Da"
    )
    monkeypatch.setenv("REDIS_URL", "redis://wake.example.com")
    monkeypatch.setenv("BATON_CLUSTER", "far-west")
    read = runpy.run_path(settings.__file__)
    options = read["DATABASES"]["default"]["OPTIONS"]["options"]
    assert options.endswith("-csearch_path=a -c search_path=baton_far_west")
    assert read["CHANNEL_LAYERS"]["default"]["CONFIG"]["prefix"] == "baton:far-west"
    assert read["BATON_CLUSTER_NAME"] == "far-west"
