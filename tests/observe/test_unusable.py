"""What can't be used, directory, disk or file, ends `observe` with one sentence on what to do."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observe.running import PATIENCE, ROOT

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: a, user: {%s}}]
"""


def refused(*arguments: str | Path, prefix: tuple[str, ...] = (), **environment: str) -> str:
    """What `observe` says where it does not start; there is no traceback in it."""
    done = subprocess.run(
        [*prefix, sys.executable, "manage.py", "observe", "--port", "0", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/none", "PYTHONDONTWRITEBYTECODE": "1"}
        | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "unwritable"
    path.mkdir(mode=0o555)
    yield path / "data"
    path.chmod(0o755)


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refused(BATON_DATA=str(tmp_path / "file"))
    assert re.fullmatch(
        r"Baton cannot start: the data directory \S+/file cannot be used: it is a file\. Let .*"
        r" BATON_DATA to another one\.\n",
        said,
    )


def test_a_data_directory_that_nobody_lets_it_write_to(unwritable: Path) -> None:
    # In a user namespace root's permissions bind, too.
    nobody = ("unshare", "--user", "--map-user=54321", "--map-group=0")
    said = refused(prefix=nobody, BATON_DATA=str(unwritable))
    assert "cannot be used: Permission denied. Let it be a directory that this user may" in said


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    # A file may have no byte more than a disk that is full takes.
    said = refused(prefix=("prlimit", "--fsize=0"), BATON_DATA=str(tmp_path / "data"))
    assert "cannot be used: File too large. Let it be" in said
    assert "room on its disk" in said


def test_a_disk_on_which_a_key_has_room_but_no_history(tmp_path: Path) -> None:
    said = refused(prefix=("prlimit", "--fsize=4096"), BATON_DATA=str(tmp_path / "data"))
    assert "baton.sqlite3 cannot be opened" in said
    assert "room on its disk, or set BATON_DATA to another directory" in said


def test_a_lock_that_nobody_may_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "baton.lock").mkdir(parents=True)
    said = refused(BATON_DATA=str(data))
    assert "baton.lock cannot be opened" in said
    assert "Is a directory. Let this user write to it, or set BATON_DATA" in said


def test_a_setting_that_makes_no_sense(tmp_path: Path) -> None:
    said = refused(BATON_DATA=str(tmp_path), BATON_RETENTION_DAYS="long")
    assert said == (
        "Baton cannot start: BATON_RETENTION_DAYS is 'long'; "
        "set it to a number above 0, or unset it.\n"
    )


@pytest.mark.parametrize(
    "url", ["somebody:hus/h!@db", "somebody:hus/h!@db:x/y", "somebody:hu%zz@db/y"]
)
def test_an_address_of_a_database_that_is_none(url: str, tmp_path: Path) -> None:
    said = refused(BATON_DATA=str(tmp_path), DATABASE_URL=f"postgresql://{url}")
    assert re.fullmatch(
        r"Baton cannot start: DATABASE_URL is no address of a database: .*\. It is to look like "
        r"postgresql://USER:PASSWORD@HOST:5432/NAME; .* Unset it to keep history in a file\.\n",
        said,
    )
    assert "hu" not in said
    assert "somebody" not in said


def test_a_database_that_is_on_no_server_names_neither_user_nor_password(tmp_path: Path) -> None:
    url = "postgresql://somebody:hush%2Fhush@127.0.0.1:1/baton"
    said = refused(BATON_DATA=str(tmp_path), DATABASE_URL=url)
    assert "The database baton of PostgreSQL at 127.0.0.1:1 cannot be opened: " in said
    assert "See that it runs and can be reached" in said
    assert "hush" not in said
    assert "somebody" not in said


@pytest.mark.parametrize(
    ("user", "missing"),
    [
        ("tokenFile: /none/token", "/none/token"),
        ("client-certificate: /none/crt, client-key: /none/key", "/none/crt"),
    ],
)
def test_a_kubeconfig_that_names_a_file_which_is_not_there(
    user: str, missing: str, tmp_path: Path
) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG % user)
    data = str(tmp_path / "data")
    said = refused("--kubeconfig", tmp_path / "kubeconfig", BATON_DATA=data)
    assert missing in said
    assert re.search("No such file or directory|does not exist", said)
    assert "What to do: " in said


def test_a_pod_without_its_token(tmp_path: Path) -> None:
    said = refused(BATON_DATA=str(tmp_path), KUBERNETES_SERVICE_HOST="127.0.0.1")
    assert "This Pod has no token of a service account" in said
    assert "automountServiceAccountToken" in said
    assert "What to do: mount the token" in said


def test_a_server_that_is_not_there_is_told_without_the_insides_of_a_library(
    tmp_path: Path,
) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG % "token: abc")
    data = str(tmp_path / "data")
    said = refused("--kubeconfig", tmp_path / "kubeconfig", BATON_DATA=data)
    assert "The server https://127.0.0.1:1 cannot be reached: " in said
    assert "object at 0x" not in said
