"""`manage.py rbac`: print what Baton may read, as the roles that allow it."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstream.kubeapi.connection import connect
from eventstream.kubeapi.permissions import Type, built_in, custom, defined, within
from eventstream.kubeapi.problems import ApiProblem
from eventstream.management.printing import PlainCommand
from eventstream.objects.decoding import DecodeError


class Command(PlainCommand):
    """Print the rules for the built-in types, and for a cluster's custom resources."""

    help = "Print what Baton may read as roles; with a cluster, for its CRDs as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which cluster's CRDs are read: without either of the first two, none."""
        parser.add_argument(
            "--kubeconfig", help="read the CRDs of the cluster that this file names"
        )
        parser.add_argument("--context", help="read those of the cluster of this context")
        parser.add_argument(
            "--namespace", help="print the Role for watching this namespace only, without CRDs"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Print the roles; a cluster that cannot be read ends it with a message."""
        kubeconfig, context = options["kubeconfig"], options["context"]
        if options["namespace"]:
            if kubeconfig or context:
                raise CommandError(
                    "CRDs belong to the whole cluster. Leave --namespace out, or print its Role "
                    "without --kubeconfig and --context."
                )
            self.stdout.write(within(options["namespace"]), ending="")
            return
        roles = [built_in()]
        if kubeconfig or context:
            try:
                types = asyncio.run(_defined(kubeconfig, context))
            except (ApiProblem, DecodeError) as error:
                raise CommandError(str(error)) from error
            if types:
                roles.append(custom(types))
        self.stdout.write("---\n".join(roles), ending="")


async def _defined(kubeconfig: str | None, context: str | None) -> set[Type]:
    connection = await connect(kubeconfig=kubeconfig, context=context)
    try:
        return await defined(connection)
    finally:
        await connection.close()
