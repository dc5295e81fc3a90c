"""Finds the cluster to watch and the credentials for it, and says clearly why it cannot.

The `kubernetes` package reads kubeconfigs and service accounts; this module decides which one,
reads it again when credentials change, and turns its failures into problems with file and line.
"""

# The package's configuration half has no annotations.
# mypy: allow-untyped-calls

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, incluster_config
from kubernetes.aio.config.kube_config import KubeConfigMerger

from eventstream.kubeapi.credentials import ExecPluginError, Loader
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.observations import Problem

_LISTS = ("clusters", "contexts", "users")
_UNREADABLE = (
    ConfigException, ValueError, TypeError, KeyError, AttributeError, OSError, aiohttp.ClientError,
)  # fmt: skip
"""What the package raises for a kubeconfig that does not hold what it should."""


class Source(Protocol):
    """Where the address of a cluster and the credentials for it come from."""

    name: str
    namespace: str

    async def load(self) -> Configuration:
        """Read everything anew; raises ApiProblem."""

    async def renew(self, configuration: Configuration) -> None:
        """Bring tokens that change by themselves up to date; raises ApiProblem."""

    def changed(self) -> bool:
        """Return whether what `load` read was written anew since."""


class ServiceAccount:
    """The service account of the Pod that this runs in."""

    name = ""
    """A Pod is told the address of its cluster, and no name of it."""

    def __init__(self) -> None:
        self.namespace = ""

    @staticmethod
    def present() -> bool:
        """Say whether this process runs in a Pod that has a service account's token."""
        return _in_pod() and Path(incluster_config.SERVICE_TOKEN_FILENAME).is_file()

    async def load(self) -> Configuration:
        """Read the token and CA that the kubelet keeps current in the Pod."""
        beside = Path(incluster_config.SERVICE_TOKEN_FILENAME).with_name("namespace")
        self.namespace = beside.read_text(encoding="utf-8").strip() if beside.is_file() else ""
        configuration = Configuration()
        try:
            incluster_config.InClusterConfigLoader(
                token_filename=incluster_config.SERVICE_TOKEN_FILENAME,
                cert_filename=incluster_config.SERVICE_CERT_FILENAME,
            ).load_and_set(configuration)
        except (ConfigException, OSError) as error:
            raise ApiProblem(
                Problem(
                    "service-account",
                    f"The Pod's service account cannot be used: {error}",
                    "the Pod runs with automountServiceAccountToken: false",
                    "mount the token, or name a kubeconfig with --kubeconfig",
                )
            ) from error
        return configuration

    async def renew(self, configuration: Configuration) -> None:
        """Leave it to the package, which reads the token's file again every minute."""

    def changed(self) -> bool:
        """Return False: the address is in the environment, which stays as it is."""
        return False


class KubeConfig:
    """One context of one or several merged kubeconfig files."""

    def __init__(self, paths: list[Path], context: str | None) -> None:
        self._paths = paths
        self._context = context
        self._loader: Loader | None = None
        self._written: list[tuple[int, int]] = []
        self.name = context or ""
        self.namespace = ""

    async def load(self) -> Configuration:
        """Read the files, the token file and the exec plugin's answer anew.

        The context stays that of the first time, whichever is the current one by now.
        """
        written = self._stamps()
        files = [(path, _read(path)) for path in self._paths]
        self.name = self._context = _context(files, self._context)
        self.namespace = _namespace(files, self.name)
        configuration = Configuration()
        try:
            merged = KubeConfigMerger(os.pathsep.join(map(str, self._paths))).config
            self._loader = Loader(merged, active_context=self.name, config_base_path=None)
            await self._loader.load_and_set(configuration)
        except ExecPluginError as error:
            raise ApiProblem(error.problem) from error
        except _UNREADABLE as error:
            raise ApiProblem(self._failed(error)) from error
        self._written = written  # What could not be used is read again.
        return configuration

    async def renew(self, configuration: Configuration) -> None:
        """Read the token file again; run the exec plugin again when its answer has expired."""
        if self._loader is None or not self._loader.renewable:
            return
        try:
            await self._loader.load_and_set(configuration)
        except ExecPluginError as error:
            raise ApiProblem(error.problem) from error
        except _UNREADABLE as error:
            raise ApiProblem(self._failed(error)) from error

    def changed(self) -> bool:
        """Return whether a file was written anew since it was read."""
        return self._stamps() != self._written

    def _stamps(self) -> list[tuple[int, int]]:
        return [_stamp(path) for path in self._paths]

    def _failed(self, error: Exception) -> Problem:
        if isinstance(error, OSError) and error.filename and error.strerror:
            return _unusable(
                self._paths,
                f"context {self.name} names the file {error.filename}, which cannot be read: "
                f"{error.strerror}",
            )
        return _unusable(self._paths, f"context {self.name}: {error}")


def find(kubeconfig: str | None, context: str | None) -> Source:
    """Choose the source: a kubeconfig that was named, the Pod's account, `~/.kube/config`.

    Raises ApiProblem `no-cluster` where there is none of them, and `kubeconfig` where one was
    named that does not exist.
    """
    named = kubeconfig or os.environ.get("KUBECONFIG", "")
    if not named and context is None and ServiceAccount.present():
        return ServiceAccount()
    candidates = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    paths = [path for path in candidates or [Path("~/.kube/config").expanduser()] if path.exists()]
    if paths:
        return KubeConfig(paths, context)
    if kubeconfig:
        raise ApiProblem(_unusable(candidates, "there is no such file"))
    raise ApiProblem(_no_cluster(candidates) if named or not _in_pod() else _no_token())


def _stamp(path: Path) -> tuple[int, int]:
    """When a file was written and how long it is, zeros where that can't be had."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _in_pod() -> bool:
    return bool(os.environ.get(incluster_config.SERVICE_HOST_ENV_NAME))


def _no_token() -> Problem:
    return Problem(
        "service-account",
        "This Pod has no token of a service account: there is no "
        f"{incluster_config.SERVICE_TOKEN_FILENAME}.",
        "the Pod runs with automountServiceAccountToken: false",
        "mount the token, or name a kubeconfig with --kubeconfig",
    )


def _no_cluster(candidates: list[Path]) -> Problem:
    looked = f"KUBECONFIG names {', '.join(map(str, candidates))}" if candidates else ""
    return Problem(
        "no-cluster",
        "No cluster to watch was found: this is no Pod with a service account, and "
        + (f"{looked}, which does not exist." if looked else "there is no ~/.kube/config."),
        "this machine has not been signed in to a cluster yet",
        "sign in to one (`oc login`, or your provider's command that writes a kubeconfig) or name "
        "a file with --kubeconfig; to watch recordings of a real cluster instead: `make run`",
    )


def _unusable(paths: list[Path], why: str, line: int | None = None) -> Problem:
    where = ", ".join(map(str, paths)) + (f", line {line}" if line else "")
    return Problem(
        "kubeconfig",
        f"The kubeconfig cannot be used: {where}: {why}",
        "the file was cut, edited by hand, or names files that are not there",
        "correct it, or have it written anew; `kubectl config view` reads the same file",
    )


def _read(path: Path) -> Mapping[str, Any]:
    """Return one file's content; raises ApiProblem naming the file and line."""
    try:
        content = yaml.safe_load(path.read_bytes())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        raise ApiProblem(_unusable([path], str(error.problem or error), line)) from error
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise ApiProblem(_unusable([path], str(error))) from error
    if not isinstance(content, dict):
        raise ApiProblem(_unusable([path], "it holds no YAML mapping", 1))
    for key in _LISTS:
        entries = content.get(key) or []
        if not isinstance(entries, list) or not all(_is_named(entry) for entry in entries):
            raise ApiProblem(_unusable([path], f"`{key}` is not a list of named entries"))
    return content


def _namespace(files: list[tuple[Path, Mapping[str, Any]]], context: str) -> str:
    """Return the namespace that a context sets for what is asked in none, "" where it sets none.

    Of several files the first one that has the context counts, as for kubectl.
    """
    entries = (entry for _, content in files for entry in content.get("contexts") or [])
    found = next(entry.get("context") for entry in entries if entry["name"] == context)
    said = found.get("namespace") if isinstance(found, dict) else None
    return said if isinstance(said, str) else ""


def _is_named(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _context(files: list[tuple[Path, Mapping[str, Any]]], wanted: str | None) -> str:
    """Return the context to use: the one wanted, else the first `current-context`, as kubectl."""
    known = [entry["name"] for _, content in files for entry in content.get("contexts") or []]
    current = (str(content.get("current-context") or "") for _, content in files)
    name = wanted or next(filter(None, current), "")
    if name and name in known:
        return name
    where = ", ".join(str(path) for path, _ in files)
    what = f"has no context {name!r}" if name else "sets no current-context"
    raise ApiProblem(
        Problem(
            "unknown-context",
            f"The kubeconfig {where} {what}.",
            f"it has the contexts: {', '.join(known) or 'none at all'}",
            "name one of them with --context, or choose one with `kubectl config use-context`",
        )
    )
