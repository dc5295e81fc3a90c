"""Answers that are sent as they are made: the first bytes at once, and never the whole in memory.

An ASGI server would read a plain iterator to its end before it sends anything.
"""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from eventstream import clusternames, history


def streamed(
    request: HttpRequest, pieces: Iterator[str], content_type: str
) -> StreamingHttpResponse:
    """An answer of `pieces`, each made once the one before it has gone."""
    content = _in_thread(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, content_type=content_type)


def attachment(stem: str, kind: str = "csv") -> str:
    """Return the header by which a browser keeps a file of a cluster, as `changes-prod.csv`."""
    cluster = history.cluster()
    name = clusternames.in_file_name(cluster.name) if cluster else ""
    return as_file(f"{stem}{'-' if name else ''}{name}.{kind}")


def as_file(name: str) -> str:
    """Return the header by which a browser keeps an answer as a file of that name.

    The name holds letters, digits, dots, dashes and underscores, see `clusternames.in_file_name`.
    """
    return f'attachment; filename="{name}"'


async def _in_thread(pieces: Iterator[str]) -> AsyncIterator[str]:
    """The same, each made in the request's thread."""
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
