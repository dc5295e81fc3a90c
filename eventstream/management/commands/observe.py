"""`manage.py observe`: watch a live cluster, explain it, and serve the dashboard, in one process."""

import contextlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from eventstream import serving
from eventstream.kubeapi.connection import ClusterIdentity, Connection, connect
from eventstream.kubeapi.problems import ApiProblem
from eventstream.observer import Observer
from eventstream.recorder import StoreError
from eventstream.tapes import TapeWriter


class Command(BaseCommand):
    """Watch a cluster (get, list and watch only) and serve the dashboard."""

    help = "Watch a cluster, read-only, and serve the dashboard that explains it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The contract's arguments."""
        parser.add_argument("--kubeconfig", help="instead of KUBECONFIG or ~/.kube/config")
        parser.add_argument("--context", help="the kubeconfig's context to use")
        parser.add_argument("--namespace", help="watch this namespace only, with its Role alone")
        parser.add_argument("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port (%(default)s)")
        parser.add_argument(
            "--record", type=Path, metavar="FILE", help="also write a recording, redacted"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM; what can't be done ends it with a message."""
        call_command("migrate", verbosity=0, interactive=False)
        loop = serving.event_loop()
        try:
            connection, cluster = loop.run_until_complete(
                _connect(options["kubeconfig"], options["context"])
            )
        except ApiProblem as error:
            raise CommandError(str(error)) from error
        with contextlib.ExitStack() as stack:
            tape = _tape(stack, options["record"])
            observer = Observer(connection, cluster, namespace=options["namespace"], tape=tape)
            self._serve(observer, connection, cluster, options)

    def _serve(
        self,
        observer: Observer,
        connection: Connection,
        cluster: ClusterIdentity,
        options: dict[str, Any],
    ) -> None:
        host, port = options["host"], options["port"]

        async def observe() -> None:
            try:
                await observer.run()
            finally:
                await connection.close()

        def ready() -> None:
            shown = f"[{host}]" if ":" in host else host
            self.stdout.write(
                f"Watching {cluster.name} ({cluster.server}, {cluster.version}), read-only.\n"
                f"Dashboard: http://{shown}:{port}/\n"
            )
            self.stdout.flush()

        application = import_string(settings.ASGI_APPLICATION)
        try:
            serving.serve(application, host, port, observe, ready)
        except (serving.ServingError, StoreError, ApiProblem) as error:
            raise CommandError(str(error)) from error
        except ExceptionGroup as errors:
            raise _told(errors) from errors


async def _connect(
    kubeconfig: str | None, context: str | None
) -> tuple[Connection, ClusterIdentity]:
    connection = await connect(kubeconfig=kubeconfig, context=context)
    try:
        return connection, await connection.identify()
    except BaseException:
        await connection.close()
        raise


def _tape(stack: contextlib.ExitStack, path: Path | None) -> TapeWriter | None:
    if path is None:
        return None
    try:
        file: BinaryIO = stack.enter_context(path.open("wb"))
    except OSError as error:
        raise CommandError(
            f"Cannot record to {path}: {error.strerror or error}. Choose another file."
        ) from error
    return TapeWriter(file)


def _told(errors: ExceptionGroup[Exception]) -> Exception:
    """The one error that a person can act on, out of those of several tasks; else all of them."""
    known = errors.subgroup((StoreError, ApiProblem))
    if known is None:
        return errors
    first: BaseException = known
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return CommandError(str(first))
