"""A PostgreSQL of Debian's package for the tests: one a run's process, begun when first asked for.

It listens at a socket in a directory of its own alone, keeps nothing, and ends with the process. As
root it runs as another user, which it insists on.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import psycopg

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1s",
    "shared_buffers": "32MB",
    "max_connections": "60",
}
PATIENCE = 60


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, of the newest that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    path = str(found[-1]) if found else shutil.which(name)
    assert path, f"PostgreSQL's {name} is not installed: see `make system`."
    return path


def _version(path: Path) -> int:
    return int(path.parts[4])


class Server:
    """A server with its data in a directory of its own."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="baton-postgresql-"))
        self.user = _other_user()
        if self.user:
            shutil.chown(self.directory, self.user)
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                  "--username=baton", f"--pgdata={self.directory / 'data'}")  # fmt: skip
        self.start()

    def url(self, database: str = "postgres", password: str = "") -> str:
        """Where a database of it is."""
        host, said = (quote(text, safe="") for text in (str(self.directory), password))
        return f"postgresql://baton{said and f':{said}'}@{host}/{database}"

    def start(self) -> None:
        """Start it, and return once it answers."""
        said = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        log = (self.directory / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", self.directory / "data", "-k", self.directory, *said],
                user=self.user,
                stdout=log,
                stderr=log,
                cwd=self.directory,
            )
        deadline = time.monotonic() + PATIENCE
        while not answers(self.url()):
            assert self._process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """The process of the server itself."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it as a crash does, with all its sessions."""
        assert self._process is not None
        self._process.send_signal(3)  # SIGQUIT: at once, and without a checkpoint.
        self._process.wait(PATIENCE)

    def close(self) -> None:
        """End it, and delete what there is of it."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Let it do this, and return what the last one found."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run([program(name), *arguments], user=self.user, check=False,
                              capture_output=True, text=True, cwd=self.directory)  # fmt: skip
        assert done.returncode == 0, done.stderr


def answers(url: str) -> bool:
    """Whether a server answers there."""
    try:
        psycopg.connect(url, connect_timeout=PATIENCE).close()
    except psycopg.OperationalError:
        return False
    return True


def _other_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@lru_cache(maxsize=1)
def server() -> Server:
    """The one of this process."""
    begun = Server()
    atexit.register(begun.close)
    return begun
