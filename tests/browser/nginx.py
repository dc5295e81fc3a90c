"""A real nginx in front of a dashboard: with TLS, on a port of its own, below a path of its site.

It runs by the file that deploy/examples/ gives, with this machine's places put in.
"""

import subprocess
import time
from pathlib import Path

from benchmarks.programs import ROOT, free_port
from tests.kubeapi.certificates import Authority

NGINX = "/usr/sbin/nginx"
EXAMPLE = ROOT / "deploy" / "examples" / "nginx.conf"
SITE = "site.example.com"
START_SECONDS = 60.0

_MAIN = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log {directory}/access.log;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxied;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {servers}
}}
"""


def replaced(text: str, old: str, new: str) -> str:
    """The text with `new` for `old`, which has to be there."""
    assert old in text, f"{EXAMPLE} has no {old!r} any more"
    return text.replace(old, new)


class Nginx:
    """One nginx, in front of the dashboard at `upstream`; `cuts` the prefix off, or leaves it."""

    def __init__(self, directory: Path, upstream: str, *, cuts: bool = False) -> None:
        directory.mkdir()
        self._port = free_port()
        self.site = f"{SITE}:{self._port}"
        self.url = f"https://{self.site}/baton"
        certificate, key = Authority(directory).sign("nginx")
        servers = EXAMPLE.read_text(encoding="utf-8")
        for old, new in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{self._port} ssl;"),
            ("/etc/nginx/tls.crt", str(certificate)),
            ("/etc/nginx/tls.key", str(key)),
            ("proxy_pass http://127.0.0.1:8000;", f"proxy_pass {upstream}{'/' * cuts};"),
        ):
            servers = replaced(servers, old, new)
        configuration = directory / "nginx.conf"
        configuration.write_text(_MAIN.format(directory=directory, servers=servers))
        self._log = directory / "nginx.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [NGINX, "-p", str(directory), "-c", str(configuration), "-e", "stderr"],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not (directory / "nginx.pid").exists():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(START_SECONDS)
