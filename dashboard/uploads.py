"""Puts what is uploaded where it is to stay, piece by piece while it comes.

Django would keep a copy of the whole body in its own temporary file, and then each file in another;
here the form is parsed from the socket, and its files are written once.
"""

import contextlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from django.core.exceptions import RequestAborted
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dashboard.opened import own_directory
from dashboard.turns import BODY

FIELDS = frozenset({"tape", "audit"})


class StreamingHandler(ASGIHandler):
    """Django's, but for a body that is still coming, which is read as it comes."""

    async def read_body(self, receive: Any) -> IO[bytes]:
        """Return the body, as small as the server admits; raises RequestAborted.

        Django would take a temporary file, and leave it open where the request is cancelled.
        """
        pieces, more = [], True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        return BytesIO(b"".join(pieces))

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """Return the request, or the answer to one that makes no sense."""
        extensions = scope.get("extensions") or {}
        return super().create_request(scope, extensions.get(BODY, body_file))


class Receiving(FileUploadHandler):
    """Writes the files of a form into a directory of their own, which is deleted in the end.

    What is to stay is moved out before. Raises OSError where the disk takes no more.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._directory = own_directory()
        self._files: dict[str, IO[bytes]] = {}
        self.name = "recording"

    def path(self, field: str) -> Path | None:
        """Where the file of that field is, None when the form had none, or an empty one."""
        path = self._directory.path / field
        return path if field in self._files and path.stat().st_size else None

    def new_file(self, field_name: str, *rest: Any, **more: Any) -> None:
        """Begin a file; one that nobody asked for is passed over."""
        super().new_file(field_name, *rest, **more)
        if field_name not in FIELDS or field_name in self._files:
            raise SkipFile
        if field_name == "tape":
            self.name = self.file_name or self.name
        self._files[field_name] = (self._directory.path / field_name).open("wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece."""
        self._files[self.field_name].write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """Return what Django knows the file by."""
        file = self._files[self.field_name]
        file.close()
        return UploadedFile(file, self.file_name, self.content_type, file_size)

    def __enter__(self) -> "Receiving":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Delete what was not moved."""
        for file in self._files.values():
            with contextlib.suppress(OSError):  # Of a full disk, told already; it is deleted now.
                file.close()
        self._directory.delete()
