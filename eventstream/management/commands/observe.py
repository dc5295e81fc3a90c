"""`manage.py observe`: watch a live cluster, explain it and serve the dashboard, in one process."""

import asyncio
import contextlib
import logging
import logging.config
import os
import socket
from argparse import ArgumentParser, ArgumentTypeError
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.module_loading import import_string

from eventstream import (
    clusternames,
    descriptors,
    healthcheck,
    history,
    listening,
    logs,
    private,
    reviewing,
    serving,
)
from eventstream.dialects import InUseError, UnusableError, dialect
from eventstream.kubeapi.connection import ClusterIdentity, connect
from eventstream.kubeapi.problems import ApiProblem, open_files
from eventstream.kubeapi.reviews import ApiReviews
from eventstream.management import roles
from eventstream.management.options import no_messages, taught_by, teaching
from eventstream.management.printing import PlainCommand
from eventstream.notifying.notifier import running as notifying
from eventstream.notifying.rulesfile import RulesError, read_rules
from eventstream.objects.observations import Gap, Problem
from eventstream.observer import Observer
from eventstream.otlp.exporter import running as exporting
from eventstream.recorder import StoreError
from eventstream.recording import Recording, RecordingError
from eventstream.searching.errors import UnsearchableError

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


class Command(PlainCommand):
    """Watch a cluster (get, list and watch only) and serve the dashboard."""

    help = "Watch a cluster, read-only, and serve the dashboard that explains it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The contract's arguments."""
        parser.add_argument("--kubeconfig", help="instead of KUBECONFIG or ~/.kube/config")
        parser.add_argument("--context", help="the kubeconfig's context to use")
        parser.add_argument("--namespace", help="watch this namespace only, with its Role alone")
        parser.add_argument(
            "--cluster-name",
            metavar="NAME",
            type=_name,
            default=settings.BATON_CLUSTER_NAME,
            help="what the pages, the log and files call the cluster; as BATON_CLUSTER_NAME "
            "(the context's name)",
        )
        parser.add_argument(
            "--host", default=listening.HOST, help="address to serve on (%(default)s)"
        )
        parser.add_argument(
            "--port", type=int, default=listening.PORT, help="port, 0 for a free one (%(default)s)"
        )
        parser.add_argument(
            "--record", type=Path, metavar="FILE", help="also write a recording, redacted"
        )
        parser.add_argument(
            "--audit-file",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="also follow an API server's audit log (for several, give it again)",
        )
        parser.add_argument(
            "--insecure-anyone-may-look",
            action="store_true",
            help="serve other machines with no sign-in: whoever reaches the page sees everything",
        )
        parser.add_argument(
            "--path-prefix",
            metavar="PATH",
            help="the path below which a proxy has the pages, such as /baton; as BATON_PATH_PREFIX",
        )
        parser.add_argument(
            "--log-format",
            choices=logs.FORMATS,
            default=settings.BATON_LOG_FORMAT,
            help="how the log's lines look; as BATON_LOG_FORMAT (%(default)s)",
        )
        parser.add_argument(
            "--notify",
            type=Path,
            metavar="FILE",
            default=settings.BATON_NOTIFY,
            help="rules of who is notified of stalls and recoveries (docs/notifications.md); as "
            "BATON_NOTIFY",
        )
        roles.add_role(parser)
        no_messages(parser)
        teaching(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM; what can't be done ends it with a message."""
        # Kept, because the application sets logging up by them once more when it is loaded.
        settings.LOGGING = logs.configuration(options["log_format"], settings.BATON_LOG_LEVEL)
        logging.config.dictConfig(settings.LOGGING)
        try:
            self._observe(options)
        except CommandError as error:
            if options["log_format"] == "text":
                raise
            logger.critical("%s", error)
            raise SystemExit(error.returncode) from error

    def _observe(self, options: dict[str, Any]) -> None:
        descriptors.raise_limit()
        private.umask()
        if options["no_messages"]:
            os.environ["BATON_MESSAGES"] = "none"  # For those that read opened recordings.
        for name in ("kinds", "health"):
            if options[name] is not None:
                os.environ[f"BATON_{name.upper()}"] = str(options[name].absolute())
        if options["path_prefix"] is not None:
            settings.BATON_PATH_PREFIX = _prefix(options["path_prefix"])
        judge = taught_by(options)
        try:
            if options["notify"] is not None:
                read_rules(options["notify"])
            # What needs neither cluster nor database is tried first: it fails at once, or never.
            with contextlib.ExitStack() as stack:
                listener = stack.enter_context(serving.listen(options["host"], options["port"]))
                # Only now, as an address that can't be had is no place where anybody could look.
                _check_sign_in(options["host"], anyone=options["insecure_anyone_may_look"])
                recording = None
                if options["record"] is not None:
                    recording = stack.enter_context(
                        contextlib.closing(Recording(options["record"]))
                    )
                _begin(options["role"], listener, stack)
                self._serve(listener, recording, {**options, "judge": judge}, stack)
        except KNOWN as error:
            raise CommandError(str(error)) from error
        except ExceptionGroup as errors:
            raise CommandError(_told(errors)) from errors

    def _serve(
        self,
        listener: socket.socket,
        recording: Recording | None,
        options: dict[str, Any],
        stack: contextlib.ExitStack,
    ) -> None:
        address = serving.address(listener).rstrip("/") + settings.BATON_PATH_PREFIX + "/"
        role = options["role"]

        async def observe() -> None:
            connection = await connect(kubeconfig=options["kubeconfig"], context=options["context"])
            reviews = ApiReviews(connection)
            reviewing.install(reviews)
            try:
                cluster = _called(await connection.identify(), options["cluster_name"])
                if role != "all":
                    self._announce(cluster, address, options["log_format"], role)
                if role == "web":
                    await asyncio.Event().wait()
                if role == "watcher":
                    await roles.stand_by(stack, _prepare)
                notifier = notifying(options["notify"], cluster.name, settings.DATA_DIR)
                told = [each.take for each in (notifier, exporting(cluster.name)) if each]
                lost: tuple[Gap, ...] = ()
                for turn in count():
                    observer = Observer(
                        connection,
                        cluster,
                        namespace=options["namespace"],
                        recording=recording,
                        audit_files=tuple(dict.fromkeys(map(Path.absolute, options["audit_file"]))),
                        messages=not options["no_messages"],
                        judge=options["judge"],
                        lost=lost,
                    )
                    observer.told = told
                    await observer.restore()
                    if turn == 0 and role == "all":
                        self._announce(cluster, address, options["log_format"], role)
                    lost = await observer.run()
                    if role == "watcher":
                        await roles.stand_by(stack, _prepare)
                    await _begin_anew(stack, lost=bool(lost))
            finally:
                reviewing.install(None)
                await reviews.close()
                await connection.close()

        pages = (
            settings.BATON_PROBES_APPLICATION if role == "watcher" else settings.ASGI_APPLICATION
        )
        application = import_string(pages)
        serving.serve(application, listener, observe, import_string(settings.BATON_ADMIT))

    def _announce(self, cluster: ClusterIdentity, address: str, log_format: str, role: str) -> None:
        logs.about(cluster.name)
        does, serves = _PARTS[role]
        watching = f"{does} {_with_address(cluster)}, read-only."
        if log_format == "json":  # A reader of lines of JSON can't read another one.
            logger.info("%s %s: %s", watching, serves, address)
            return
        self.stdout.write(f"{watching}\n{serves}: {address}\n")
        self.stdout.flush()


def _name(said: str) -> str:
    try:
        return clusternames.checked(said)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _called(cluster: ClusterIdentity, name: str) -> ClusterIdentity:
    """Return the cluster by the name that was given to it, if one was."""
    return msgspec.structs.replace(cluster, name=name) if name else cluster


def _with_address(cluster: ClusterIdentity) -> str:
    about = f"{cluster.server}, {cluster.version}"
    return f"{cluster.name} ({about})" if cluster.name else f"the cluster at {about}"


def _check_sign_in(host: str, *, anyone: bool) -> None:
    """Raise CommandError where other machines could look and nobody would have to sign in."""
    if settings.BATON_SIGN_IN.mode != "local" or serving.is_loopback(host):
        return
    if not anyone:
        raise CommandError(
            f"Other machines can reach {host}, and nobody has to sign in (BATON_SIGN_IN=local): "
            "whoever reaches the page, another Pod or a web site, would see the whole cluster. Set "
            "BATON_SIGN_IN to token, oidc or proxy; or serve on 127.0.0.1; or, if really anyone "
            "may look, add --insecure-anyone-may-look."
        )
    logger.warning("Nobody has to sign in: whoever reaches %s sees the whole cluster.", host)


def _prefix(text: str) -> str:
    """Return the path below which a proxy has the pages; raises CommandError where it is none."""
    try:
        return str(import_string(settings.BATON_PLAIN_PREFIX)(text))
    except ValueError as error:
        raise CommandError(f"--path-prefix: {error}.") from error


def _begin(role: str, listener: socket.socket, stack: contextlib.ExitStack) -> None:
    """Make ready what a role needs before it serves; a watcher's database comes with its turn."""
    roles.check(role)
    if role == "all":
        dialect().claim(stack)
    _remember(listener)
    if role == "all":
        _migrate()


def _remember(listener: socket.socket) -> None:
    """Keep where it is served, for the image's HEALTHCHECK."""
    try:
        private.make_directory(settings.DATA_DIR)
        healthcheck.remember(settings.DATA_DIR, listener)
    except OSError as error:
        raise CommandError(
            f"{settings.DATA_DIR} cannot be written to: {error}. Make it writable and room on its "
            "disk, or set BATON_DATA to another directory."
        ) from error


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
