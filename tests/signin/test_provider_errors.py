"""Why TLS with a provider fails is told as it is: by its certificate, its name or its protocol."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from dashboard.signin.provider_errors import said
from tests.kubeapi.certificates import Authority

Serve = Callable[[ssl.SSLContext | None], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Servers that take one connection each, by TLS or with plain HTTP."""
    with ExitStack() as closing:

        def served(context: ssl.SSLContext | None) -> str:
            listening = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
            answering = threading.Thread(target=answer, args=(listening, context))
            answering.start()
            closing.callback(answering.join)
            return f"https://127.0.0.1:{listening.getsockname()[1]}/"

        yield served


def answer(listening: socket.socket, context: ssl.SSLContext | None) -> None:
    with suppress(OSError), listening.accept()[0] as connection:
        if context is None:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        else:
            context.wrap_socket(connection, server_side=True).close()


def why(address: str, trusted: Path | None = None) -> str:
    with pytest.raises(requests.exceptions.SSLError) as failed:
        requests.get(address, verify=str(trusted) if trusted else True, timeout=5)
    return said(failed.value)


def test_one_that_nobody_known_vouches_for_names_the_setting(serve: Serve, tmp_path: Path) -> None:
    told = why(serve(Authority(tmp_path).server_context()))
    assert told.startswith("its certificate is not accepted: unable to get local issuer")
    assert told.endswith("(BATON_OIDC_CA_FILE names who is trusted)")


def test_one_for_another_name_says_so_and_names_no_setting(serve: Serve, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.sign("elsewhere", "127.0.0.2"))
    told = why(serve(context), authority.path)
    assert told.startswith("its certificate is not accepted: IP address mismatch")
    assert "BATON_OIDC_CA_FILE" not in told


def test_a_server_without_tls_is_not_said_to_have_a_bad_certificate(serve: Serve) -> None:
    assert why(serve(None)).startswith("TLS with it fails (")
