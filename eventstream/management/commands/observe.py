"""`manage.py observe`: watch a live cluster, explain it and serve the dashboard, in one process.

Several clusters have a process each, and one in front of them, which does none of that.
"""

import argparse
import logging
import logging.config
import os
from argparse import ArgumentParser, ArgumentTypeError
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from eventstream import clusternames, clusters, descriptors, listening, logs, private
from eventstream.front import telling
from eventstream.loading import staying
from eventstream.management import roles
from eventstream.management.options import no_messages, teaching
from eventstream.management.printing import PlainCommand

logger = logging.getLogger(__name__)


class Command(PlainCommand):
    """Watch a cluster (get, list and watch only) and serve the dashboard."""

    help = "Watch a cluster, read-only, and serve the dashboard that explains it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The contract's arguments."""
        _add_clusters(parser)
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
            if options["fronted"] is not None:
                telling.failed(options["fronted"], str(error))
                raise SystemExit(error.returncode) from error
            if options["log_format"] == "text":
                raise
            logger.critical("%s", error)
            raise SystemExit(error.returncode) from error

    def _observe(self, options: dict[str, Any]) -> None:
        descriptors.raise_limit()
        private.umask()
        if options["path_prefix"] is not None:
            settings.BATON_PATH_PREFIX = _prefix(options["path_prefix"])
        asked = _asked(options)
        if asked:
            _loaded("fronting").run(asked, options, self.stdout)
            return
        if options["no_messages"]:
            os.environ["BATON_MESSAGES"] = "none"  # For those that read opened recordings.
        for name in ("kinds", "health"):
            if options[name] is not None:
                os.environ[f"BATON_{name.upper()}"] = str(options[name].absolute())
        settings.BATON_FRONTED = options["fronted"]
        options["context"] = next(iter(options["context"]), None)
        _loaded("observing").run(options, self.stdout)


def _loaded(name: str) -> Any:
    """Load what is needed and no more: the one in front knows no Kubernetes."""
    with staying():
        return import_module(f"eventstream.management.{name}")


def _add_clusters(parser: ArgumentParser) -> None:
    """Add which clusters, and what they are called."""
    parser.add_argument("--kubeconfig", help="instead of KUBECONFIG or ~/.kube/config")
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        help="the kubeconfig's context to use; given again, each is a cluster of its own",
    )
    parser.add_argument(
        "--cluster",
        action="append",
        default=[],
        metavar="NAME[=CONTEXT]",
        help="one of several clusters below one address, each at /clusters/NAME/ and in a "
        "process of its own (for each, give it again); as BATON_CLUSTERS",
    )
    parser.add_argument("--namespace", help="watch this namespace only, with its Role alone")
    parser.add_argument(
        "--cluster-name",
        metavar="NAME",
        type=_name,
        default=settings.BATON_CLUSTER_NAME,
        help="what the pages, the log and files call the cluster; as BATON_CLUSTER_NAME "
        "(the context's name)",
    )
    parser.add_argument(listening.FRONTED, type=_fronted, help=argparse.SUPPRESS)


def _asked(options: dict[str, Any]) -> tuple[clusters.Asked, ...]:
    """Return the clusters, where there are to be several; raises CommandError."""
    contexts, given = options["context"], options["cluster"]
    if options["fronted"] is not None:
        return ()
    if not (contexts or given):
        given = settings.BATON_CLUSTERS
    if not given and len(contexts) < 2:
        return ()
    try:
        return clusters.asked(given, contexts)
    except ValueError as error:
        raise CommandError(f"--cluster, --context: {error}.") from error


def _name(said: str) -> str:
    try:
        return clusternames.checked(said)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _fronted(said: str) -> clusters.Fronted:
    return msgspec.json.decode(said, type=clusters.Fronted)


def _prefix(text: str) -> str:
    """Return the path below which a proxy has the pages; raises CommandError where it is none."""
    try:
        return str(import_string(settings.BATON_PLAIN_PREFIX)(text))
    except ValueError as error:
        raise CommandError(f"--path-prefix: {error}.") from error
