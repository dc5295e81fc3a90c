"""Serves several clusters at one address: a process for each, and this one in front of them.

This one takes connections, says on its own page how each process does, and starts one that ended
again. It reads no cluster and no history.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from django.utils.module_loading import import_string

from eventstream import serving
from eventstream.clusters import SEGMENT, Asked, Fronted
from eventstream.front.process import ClusterProcess
from eventstream.listening import FRONTED
from eventstream.management import roles
from eventstream.management.opening import check_sign_in, remember
from eventstream.management.options import given
from eventstream.serving import END_SECONDS, Shared
from eventstream.web.sorting import Channels, SortingDoor

logger = logging.getLogger(__name__)

LEFT_SECONDS = END_SECONDS + 2
"""So long the end of all processes may take; each has less itself."""

_OF_ONE = ("record", "audit_file")
"""Options whose file is of one cluster."""
_PASSED = ("kubeconfig", "namespace", "notify", "kinds", "health", "role")
_NOT_PASSED = frozenset({"BATON_CLUSTERS", "BATON_CLUSTER_NAME", "BATON_PRACTICE"})
"""Variables that are of all clusters, or of one alone."""


def run(asked: Sequence[Asked], options: dict[str, Any], out: OutputWrapper) -> None:
    """Serve these clusters until Ctrl-C or SIGTERM; raises CommandError."""
    _check(options)
    try:
        with serving.listen(options["host"], options["port"]) as listener:
            check_sign_in(options["host"], anyone=options["insecure_anyone_may_look"])
            roles.check(options["role"])
            remember(listener)
            url = serving.address(listener).rstrip("/") + settings.BATON_PATH_PREFIX + "/"
            if options["log_format"] == "json":  # A reader of JSON can't read another line.
                logger.info("Dashboard: %s", url)
            else:
                out.write(f"Dashboard: {url}\n")
                out.flush()
            for name, value in settings.BATON_FRONT.items():
                setattr(settings, name, value)
            channels = Channels()
            serving.serve(
                import_string(settings.ASGI_APPLICATION),
                listener,
                lambda: _keep(asked, options, url, channels),
                import_string(settings.BATON_ADMIT),
                Shared(partial(SortingDoor, channels), LEFT_SECONDS),
            )
    except serving.ServingError as error:
        raise CommandError(str(error)) from error


def _check(options: dict[str, Any]) -> None:
    of_one = given(options, *_OF_ONE)
    if of_one:
        raise CommandError(
            f"{of_one}: a file is of one cluster. Leave it out, or run that cluster's Baton by "
            "itself."
        )
    if options["cluster_name"]:
        raise CommandError(
            "--cluster-name, BATON_CLUSTER_NAME and BATON_CLUSTER are of one cluster: leave them "
            "out, and say what each is called by --cluster NAME=CONTEXT."
        )
    if options["role"] == "watcher":
        raise CommandError(
            "--role watcher is of one cluster: start a watcher for each, with BATON_CLUSTER set "
            "to its name, and one --role web for all of them."
        )


async def _keep(
    asked: Sequence[Asked], options: dict[str, Any], url: str, channels: Channels
) -> None:
    """Keep a process for each cluster running."""
    clusters = tuple(each.cluster for each in asked)
    async with asyncio.TaskGroup() as group:
        for each in asked:

            def command(channel: int, each: Asked = each) -> list[str]:
                fronted = Fronted(each.cluster.name, clusters, channel, url)
                return _command(each, fronted, options)

            process = ClusterProcess(each.cluster, command, _environment(each), channels)
            group.create_task(process.run(), name=each.cluster.name)


def _command(asked: Asked, fronted: Fronted, options: dict[str, Any]) -> list[str]:
    """Return what starts the process of a cluster."""
    said = {name: options[name] for name in _PASSED if options[name] is not None}
    if not asked.context:
        said.pop("kubeconfig", None)
    else:
        said["context"] = asked.context
    said["cluster_name"] = asked.cluster.title
    said["log_format"] = options["log_format"]
    if settings.BATON_PATH_PREFIX:
        said["path_prefix"] = settings.BATON_PATH_PREFIX
    written = [f"--{name.replace('_', '-')}={value}" for name, value in said.items()]
    if options["no_messages"]:
        written.append("--no-messages")
    manage = Path(settings.BASE_DIR) / "manage.py"
    told = msgspec.json.encode(fronted).decode()
    return [sys.executable, str(manage), "observe", f"{FRONTED}={told}", *written]


def _environment(asked: Asked) -> Mapping[str, str]:
    """Return the variables of a cluster's process, which keeps what is its own in a directory."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED}
    if not asked.context:
        kept.pop("KUBECONFIG", None)
    name = asked.cluster.name
    return kept | {
        "BATON_DATA": str(Path(settings.DATA_DIR).absolute() / SEGMENT / name),
        "BATON_CLUSTER": name,
    }
