"""Reads a complete list, page by page; an incomplete one is never handed on.

Lists are asked for without a resourceVersion, which means the newest state, on purpose: a list
"from any version" may be served from before the position that a watch had reached and so take
time backwards, and it is not paged. Servers since 1.31 answer the newest state from memory too.
https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
"""

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.decoding import DecodeError, Decoder, ListPage
from eventstream.objects.images import Image
from eventstream.objects.resource import Resource

PAGE_OBJECTS = 500


async def read_list(
    connection: Connection, decoder: Decoder, resource: Resource, path: str
) -> ListPage:
    """Return the whole list of `resource` at `path` as one page.

    Raises ApiProblem where the server refuses, DecodeError where the answer is no list. When the
    pages' snapshot expires while they are read, everything is read again in one piece.
    """
    try:
        return await _read_pages(connection, decoder, resource, path)
    except ApiProblem as refusal:
        if refusal.problem.code != "expired":
            raise
    return decoder.page(resource, await connection.get(path))


async def _read_pages(
    connection: Connection, decoder: Decoder, resource: Resource, path: str
) -> ListPage:
    images: list[Image] = []
    parameters = {"limit": str(PAGE_OBJECTS)}
    version = ""
    while True:
        page = decoder.page(resource, await connection.get(path, parameters))
        images += page.images
        # All pages are of one snapshot; should they not be, the first version misses nothing.
        version = version or page.version
        if not version:
            raise DecodeError(f"{resource.key}: a list without a resourceVersion")
        if not page.continue_token:
            return ListPage(version, "", tuple(images))
        parameters["continue"] = page.continue_token
