"""Watches one cluster, explains it and serves its pages, as `manage.py observe` was told to.

By itself at an address of its own, or behind the process in front of several clusters.
"""

import asyncio
import contextlib
import logging
import socket
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper
from django.db import DatabaseError
from django.utils.module_loading import import_string

from eventstream import descriptors, history, logs, reviewing, serving
from eventstream.clusters import Fronted, path_prefix
from eventstream.dialects import InUseError, UnusableError, dialect
from eventstream.front import telling
from eventstream.kubeapi.connection import Connection, connect
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.kubeapi.problems import ApiProblem, open_files
from eventstream.kubeapi.reviews import ApiReviews
from eventstream.management import roles
from eventstream.management.opening import check_sign_in, remember
from eventstream.management.options import taught_by
from eventstream.notifying.notifier import running as notifying
from eventstream.notifying.rulesfile import RulesError, read_rules
from eventstream.objects.observations import Gap, Problem
from eventstream.observer import Observer
from eventstream.otlp.exporter import running as exporting
from eventstream.recorder import StoreError
from eventstream.recording import Recording, RecordingError
from eventstream.searching.errors import UnsearchableError
from eventstream.web.sorting import Handed

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""After so long it is tried again to make a new database for one that vanished."""

_PARTS = {
    "all": ("Watching", "Dashboard"),
    "watcher": ("Ready to watch", "Probes"),
    "web": ("Showing", "Dashboard"),
}
"""What each role does with the cluster, and serves."""

_ANEW = "A new history is begun in %s, with what exists now."
_ON = "Going on with what is stored in %s."

KNOWN = (
    *(ApiProblem, InUseError, RecordingError, StoreError),
    *(history.DigestKeyError, serving.ServingError, RulesError, UnusableError),
    UnsearchableError,
)
"""Errors whose message tells a person all: what failed, why, and what to do."""

Listening = socket.socket | Handed


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Run until Ctrl-C or SIGTERM; raises CommandError. What a person is told goes to `out`."""
    judge = taught_by(options)
    try:
        if options["notify"] is not None:
            read_rules(options["notify"])
        # What needs neither cluster nor database is tried first: it fails at once, or never.
        with contextlib.ExitStack() as stack:
            listener = _listening(options, stack)
            recording = None
            if options["record"] is not None:
                recording = stack.enter_context(contextlib.closing(Recording(options["record"])))
            _begin(options["role"], listener, stack)
            Observing({**options, "judge": judge}, listener, recording, out).serve(stack)
    except KNOWN as error:
        raise CommandError(str(error)) from error
    except ExceptionGroup as errors:
        raise CommandError(_told(errors)) from errors


class Observing:
    """One cluster, as options say it; connections come from `listener`."""

    def __init__(
        self,
        options: dict[str, Any],
        listener: Listening,
        recording: Recording | None,
        out: OutputWrapper,
    ) -> None:
        self._options = options
        self._listener = listener
        self._recording = recording
        self._out = out
        self._fronted: Fronted | None = options["fronted"]

    def serve(self, stack: contextlib.ExitStack) -> None:
        """Serve pages and watch; `stack` holds the right to write."""
        role = self._options["role"]
        pages = (
            settings.BATON_PROBES_APPLICATION if role == "watcher" else settings.ASGI_APPLICATION
        )
        serving.serve(
            import_string(pages),
            self._listener,
            lambda: self._run(stack),
            import_string(settings.BATON_ADMIT),
            serving.Shared() if self._fronted is not None else None,
        )

    async def _run(self, stack: contextlib.ExitStack) -> None:
        options = self._options
        connection = await connect(kubeconfig=options["kubeconfig"], context=options["context"])
        reviews = ApiReviews(connection)
        reviewing.install(reviews)
        try:
            cluster = _called(await connection.identify(), options["cluster_name"])
            await self._watch(connection, cluster, stack)
        finally:
            reviewing.install(None)
            await reviews.close()
            await connection.close()

    async def _watch(
        self, connection: Connection, cluster: ClusterIdentity, stack: contextlib.ExitStack
    ) -> None:
        options, role = self._options, self._options["role"]
        if role != "all":
            self._announce(cluster)
        if role == "web":
            await asyncio.Event().wait()
        if role == "watcher":
            await roles.stand_by(stack, _prepare)
        below = path_prefix(self._fronted)
        notifier = notifying(options["notify"], cluster.name, settings.DATA_DIR, below)
        told = [each.take for each in (notifier, exporting(cluster.name)) if each]
        lost: tuple[Gap, ...] = ()
        for turn in count():
            observer = Observer(
                connection,
                cluster,
                namespace=options["namespace"],
                recording=self._recording,
                audit_files=tuple(dict.fromkeys(map(Path.absolute, options["audit_file"]))),
                messages=not options["no_messages"],
                judge=options["judge"],
                lost=lost,
            )
            observer.told = told
            await observer.restore()
            if turn == 0 and role == "all":
                self._announce(cluster)
            lost = await observer.run()
            if role == "watcher":
                await roles.stand_by(stack, _prepare)
            await _begin_anew(stack, lost=bool(lost))

    def _announce(self, cluster: ClusterIdentity) -> None:
        logs.about(cluster.name)
        does, serves = _PARTS[self._options["role"]]
        watching = f"{does} {_with_address(cluster)}, read-only."
        address = self._address()
        if isinstance(self._listener, Handed):
            telling.up(self._listener)
        if self._options["log_format"] == "json":  # A reader of JSON can't read another line.
            logger.info("%s %s: %s", watching, serves, address)
            return
        self._out.write(f"{watching}\n{serves}: {address}\n")
        self._out.flush()

    def _address(self) -> str:
        if isinstance(self._listener, Handed):
            fronted = self._fronted
            return f"{fronted.url.rstrip('/')}{fronted.path}/" if fronted is not None else ""
        return serving.address(self._listener).rstrip("/") + settings.BATON_PATH_PREFIX + "/"


def _listening(options: dict[str, Any], stack: contextlib.ExitStack) -> Listening:
    """Return where connections come from; raises ServingError and CommandError."""
    if options["fronted"] is not None:
        logs.about(options["cluster_name"])
        return telling.taken(options["fronted"])
    listener = stack.enter_context(serving.listen(options["host"], options["port"]))
    # Only now, as an address that can't be had is no place where anybody could look.
    check_sign_in(options["host"], anyone=options["insecure_anyone_may_look"])
    return listener


def _called(cluster: ClusterIdentity, name: str) -> ClusterIdentity:
    """Return the cluster by the name that was given to it, if one was."""
    return msgspec.structs.replace(cluster, name=name) if name else cluster


def _with_address(cluster: ClusterIdentity) -> str:
    about = f"{cluster.server}, {cluster.version}"
    return f"{cluster.name} ({about})" if cluster.name else f"the cluster at {about}"


def _begin(role: str, listener: Listening, stack: contextlib.ExitStack) -> None:
    """Make ready what a role needs before it serves; a watcher's database comes with its turn."""
    roles.check(role)
    if role == "all":
        dialect().claim(stack)
    if isinstance(listener, socket.socket):
        remember(listener)
    if role == "all":
        _migrate()


def _migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CommandError(dialect().unopened(error)) from error
    finally:
        dialect().writing().close()  # So that a WAL keeps nothing that was moved out.


async def _begin_anew(stack: contextlib.ExitStack, *, lost: bool) -> None:
    """Make a new database where one has vanished, or take up one again, as soon as can be."""
    while True:
        try:
            await asyncio.to_thread(_prepare, stack)
        except (CommandError, InUseError, UnusableError, OSError) as error:
            action = "Make it writable and room on its disk; that is tried again by itself."
            problem = Problem("store-failed", str(error), "No new database can be made.", action)
            if history.storing.failed(problem):
                logger.warning("%s", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            history.storing.well()
            logger.warning(_ANEW if lost else _ON, dialect().named)
            return


def _prepare(stack: contextlib.ExitStack) -> None:
    dialect().claim(stack)
    _migrate()


def _told(errors: ExceptionGroup[Exception]) -> str:
    """What to tell of tasks that died: what a person can act on, else that it is a defect."""
    known, unknown = errors.split(KNOWN)
    if unknown is not None:
        first = next(_leaves(unknown))
        if descriptors.are_meant_by(first):
            return str(ApiProblem(open_files(descriptors.limit())))
        logger.critical("Watching ended by an error that nothing expected.", exc_info=unknown)
        return (
            f"Watching ended by itself: {type(first).__name__}: {first}. This is a defect in "
            "Baton; please report it with the traceback above. History is kept: start again to go "
            "on."
        )
    return "\n".join(str(error) for error in _leaves(known)) if known is not None else str(errors)


def _leaves(errors: ExceptionGroup[Exception]) -> Any:
    for error in errors.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
