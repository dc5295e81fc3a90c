"""The form by which a recording is uploaded, as a browser has it from the page."""

import re

from tests.explain.tapes import TAPES
from tests.web.served import Client

RECORDING = (TAPES / "create.jsonl").read_bytes()


class Form:
    """Asks for the form over a connection, and says how it would be sent."""

    def __init__(self, client: Client) -> None:
        status, headers, page = client.ask("GET /tape HTTP/1.1|Host: localhost").answer()
        assert status == 200
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        self.token = token[1].decode()
        self.cookie = headers["set-cookie"].split(";")[0]

    def body(self, held: bytes = RECORDING) -> bytes:
        part = "--x\r\nContent-Disposition: form-data; name="
        token = f'{part}"csrfmiddlewaretoken"\r\n\r\n{self.token}\r\n'
        file = f'{part}"tape"; filename="create.jsonl"\r\n\r\n'
        return f"{token}{file}".encode() + held + b"\r\n--x--\r\n"

    def head(self, length: int | None, *more: str) -> str:
        length_line = (
            "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        )
        kind = "Content-Type: multipart/form-data; boundary=x"
        lines = (f"Cookie: {self.cookie}", kind, length_line, *more)
        return "|".join(("POST /tape HTTP/1.1", "Host: localhost", *lines))
