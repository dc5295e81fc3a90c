"""Bodies that nobody asked for, and uploads that are as large as they may be.

The dashboard's memory is taken with that of its readers, and the lag is that of `/healthz`.
"""

import contextlib
import re
import socket
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks.hostile.report import row
from benchmarks.programs import Baton
from benchmarks.stream import TAPES

PIECE = bytes(1 << 20)
EVERY_SECONDS = 0.02
READING_SECONDS = 5.0
"""So long a reader of an upload is looked at before its recording is closed."""


class Watch:
    """Looks at the dashboard's memory and at how late `/healthz` is, until it is ended."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self._url, self._process = url, process
        self.bytes_most, self.lag_most, self.unanswered = 0, 0.0, 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._measure, self._probe)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _measure(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            with contextlib.suppress(psutil.NoSuchProcess):
                family = [self._process, *self._process.children(recursive=True)]
                self.bytes_most = max(self.bytes_most, sum(_resident(each) for each in family))

    def _probe(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(f"{self._url}/healthz", timeout=60):  # noqa: S310
                    pass
            except OSError:
                self.unanswered += 1
            self.lag_most = max(self.lag_most, time.perf_counter() - began)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _observes(process: psutil.Process) -> bool:
    """Whether it is a dashboard's; one that has ended meanwhile is none."""
    try:
        return "observe" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


class Attacked:
    """A dashboard to be attacked, and what each attack did to it."""

    def __init__(self, baton: Baton) -> None:
        self.url = baton.url
        place = urlsplit(baton.url)
        self._address = (place.hostname or "", place.port or 0)
        ours = psutil.Process().children()
        self._process = next(each for each in ours if _observes(each))

    @contextlib.contextmanager
    def attack(self, name: str) -> Iterator[list[str]]:
        """Tell what the dashboard does within the block; what is appended stands in the note."""
        watch, notes = Watch(self.url, self._process), list[str]()
        began = time.perf_counter()
        try:
            yield notes
        finally:
            seconds = time.perf_counter() - began
            watch.end()
        note = [*notes, f"{seconds:.1f} s", f"{watch.unanswered} probes unanswered"]
        row(
            name,
            memory_mb=watch.bytes_most / 1e6,
            lag_ms=watch.lag_most * 1000,
            note=", ".join(note),
        )

    def send(self, head: str, size: int, pieces: Iterator[bytes] | None = None) -> str:
        """Send a head (lines separated by |) and so many bytes; return how it was answered."""
        sent = 0
        with socket.create_connection(self._address, 60) as connection:
            connection.sendall(head.replace("|", "\r\n").encode() + b"\r\n\r\n")
            try:
                while sent < size:
                    piece = next(pieces) if pieces else PIECE
                    connection.sendall(piece[: size - sent])
                    sent += min(len(piece), size - sent)
            except OSError:
                pass  # Refused; the answer says why.
            try:
                answer = connection.recv(65536).decode("latin-1").split("\r\n")
            except OSError as error:
                answer = [str(error)]
        location = [line for line in answer if line.lower().startswith("location: ")]
        return f"{answer[0]} after {sent / 1e6:.0f} MB{''.join(location).replace('Location:', '')}"


class Form:
    """The token and the cookie of the upload's form, and its head and body."""

    def __init__(self, url: str) -> None:
        with urllib.request.urlopen(f"{url}/tape") as answer:  # noqa: S310
            found = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', answer.read())
            assert found is not None
            self._token = found[1].decode()
            self._cookie = answer.headers["Set-Cookie"].split(";")[0]
        self._host = urlsplit(url).netloc

    def head(self, path: str, kind: str, size: int) -> str:
        """The head of a form of `size` bytes."""
        return (
            f"POST {path} HTTP/1.1|Host: {self._host}|Cookie: {self._cookie}|"
            f"Content-Type: {kind}|Content-Length: {size}"
        )

    def close(self, attacked: Attacked, tape: str) -> None:
        """Close an opened recording."""
        body = f"token={tape}&csrfmiddlewaretoken={self._token}".encode()
        head = self.head("/tape/close", "application/x-www-form-urlencoded", len(body))
        attacked.send(head, len(body), iter([body]))

    def pieces(self, size: int) -> Iterator[bytes]:
        """An upload of `size` bytes in all, its last line cut short."""
        part = "--x\r\nContent-Disposition: form-data; name="
        token = f'{part}"csrfmiddlewaretoken"\r\n\r\n{self._token}\r\n'
        begin = f'{token}{part}"tape"; filename="t.jsonl"\r\n\r\n'.encode()
        end = b"\r\n--x--\r\n"
        yield begin
        left = size - len(begin) - len(end)
        held = (TAPES / "create.jsonl").read_bytes()
        while left > 0:
            yield held[:left]
            left -= len(held)
        yield end


def _refused(attacked: Attacked, form: Form) -> None:
    with attacked.attack("1.3 GB to /healthz, evil Host") as notes:
        head = "POST /healthz HTTP/1.1|Host: evil.example|Content-Length: 1300000000"
        notes.append(attacked.send(head, 1_300_000_000))
    with attacked.attack("1.3 GB in chunks to /, evil Host") as notes:
        head = "POST / HTTP/1.1|Host: evil.example|Transfer-Encoding: chunked|"
        notes.append(attacked.send(f"{head}X: y", 1_300_000_000))
    with attacked.attack("a form of 30 MB") as notes:
        kind = "application/x-www-form-urlencoded"
        pairs = iter(lambda: b"a=%41&" * 200_000, b"")
        notes.append(attacked.send(form.head("/tape/close", kind, 30_000_000), 30_000_000, pairs))
    with attacked.attack("8 uploads of 250 MB at once, from elsewhere") as notes:
        head = form.head("/tape", "multipart/form-data; boundary=x", 250_000_000)
        _at_once(8, lambda: notes.append(attacked.send(f"{head}|Origin: null", 250_000_000)))
        del notes[1:]


def _at_once(number: int, what: Callable[[], None]) -> None:
    threads = [threading.Thread(target=what) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _taken(attacked: Attacked, form: Form) -> None:
    for size in (100_000_000, 250_000_000):
        with attacked.attack(f"an upload of {size / 1e6:.0f} MB, and its reading") as notes:
            head = form.head("/tape", "multipart/form-data; boundary=x", size)
            answer = attacked.send(head, size, form.pieces(size))
            notes.append(answer.split("  ")[0])
            time.sleep(READING_SECONDS)
            form.close(attacked, answer.rpartition("/tapes/")[2].strip("/"))
    with attacked.attack("300 pages at once") as notes:
        head = f"GET /changes HTTP/1.1|Host: {urlsplit(attacked.url).netloc}|Connection: close"
        answers: list[str] = []
        _at_once(300, lambda: answers.append(attacked.send(head, 0)))
        made = sum(" 200 " in answer for answer in answers)
        notes.append(f"{made} made, {len(answers) - made} told to come again")


def main() -> None:
    """Attack a dashboard that watches a small cluster."""
    with tempfile.TemporaryDirectory() as directory:
        baton = Baton(Path(directory), ["--tape", "create", "--pause", "0"])
        try:
            attacked = Attacked(baton)
            form = Form(baton.url)
            with attacked.attack("nothing, for 2 s"):
                time.sleep(2)
            _refused(attacked, form)
            _taken(attacked, form)
        finally:
            baton.end()


if __name__ == "__main__":
    main()
