"""Which requests may bring a body, by their heads."""

from ipaddress import ip_network
from typing import Any

import pytest

from dashboard import admission
from dashboard.admission import FORM_BYTES, admit
from dashboard.opened import BYTES_MOST
from dashboard.signin.mode import SignIn

OURS = {b"host": b"localhost:8000"}
FORM = OURS | {
    b"cookie": b"a=b; csrftoken=abc",
    b"content-type": b"multipart/form-data; boundary=x",
    b"origin": b"http://localhost:8000",
}


@pytest.mark.parametrize("path", ["/", "/tape", "/tape/close", "/static/css/base.css"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_foreign_host_brings_nothing(method: str, path: str) -> None:
    ruling = admit(method, path, FORM | {b"host": b"evil.example"}, 5)
    assert ruling.status == 400
    assert "BATON_ALLOWED_HOSTS" in ruling.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/tapes/abc/tape", "/changes.csv"])
@pytest.mark.parametrize("host", [b"localhost:8000", b"evil.example"])
def test_nothing_is_sent_to_what_is_only_read(path: str, host: bytes) -> None:
    ruling = admit("POST", path, FORM | {b"host": host}, 1_300_000_000)
    assert ruling.status in {400, 405}
    assert ruling.status == 400 or ruling.allow == "GET, HEAD"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "post", "X"])
def test_a_method_that_no_page_knows_brings_nothing(method: str) -> None:
    ruling = admit(method, "/tape", FORM, 5)
    assert (ruling.status, ruling.allow) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", OURS),
        ("POST", "/tape/close", FORM),
        ("POST", "/tape", FORM | {b"content-type": b"application/x-www-form-urlencoded"}),
    ],
)
def test_all_but_a_recording_is_small(method: str, path: str, headers: dict[bytes, bytes]) -> None:
    ruling = admit(method, path, headers, None)
    assert (ruling.status, ruling.most, ruling.streamed) == (0, FORM_BYTES, False)


def test_a_recording_may_be_large_and_is_streamed() -> None:
    ruling = admit("POST", "/tape", FORM, 1000)
    assert (ruling.status, ruling.most, ruling.streamed) == (0, BYTES_MOST + FORM_BYTES, True)


@pytest.mark.parametrize(
    "wrong",
    [{b"cookie": b"a=b"}, {b"origin": b"https://localhost:8000"}, {b"origin": b"null"}],
)
@pytest.mark.parametrize("path", ["/tape", "/tape/close"])
def test_a_form_of_another_page_is_refused(path: str, wrong: dict[bytes, bytes]) -> None:
    assert admit("POST", path, FORM | wrong, 5).status == 403


PROXIED = {
    b"x-forwarded-host": b"localhost:8443",
    b"x-forwarded-proto": b"https",
    b"x-forwarded-prefix": b"/baton",
    b"origin": b"https://localhost:8443",
}


@pytest.mark.parametrize(("peer", "status"), [("10.9.0.1", 0), ("10.8.0.1", 405), ("", 405)])
@pytest.mark.parametrize("path", ["/tape", "/baton/tape"])
def test_only_a_trusted_proxy_says_how_a_form_was_asked_for(
    settings: Any, peer: str, status: int, path: str
) -> None:
    settings.BATON_SIGN_IN = SignIn(proxies=(ip_network("10.9.0.0/24"),))
    ruling = admit("POST", path, FORM | PROXIED, 5, peer)
    if path == "/tape" and status:
        status = 403  # Sent over HTTPS, as its Origin says, but to none that is known to have it.
    assert (ruling.status, ruling.streamed) == (status, status == 0)


def test_a_form_of_another_origin_is_told_what_a_proxy_has_to_pass_on() -> None:
    text = admit("POST", "/tape", FORM | {b"origin": b"https://localhost:8443"}, 5).text
    assert "'https://localhost:8443'" in text
    assert "'http://localhost:8000'" in text
    assert "X-Forwarded-Host with the port" in text


@pytest.mark.parametrize(("path", "status"), [("/baton/tape", 0), ("/tape", 0), ("/batons", 405)])
def test_a_prefix_may_be_there_or_taken_away(settings: Any, path: str, status: int) -> None:
    settings.BATON_PATH_PREFIX = "/baton"
    assert admit("POST", path, FORM, 5).status == status


def test_a_prefix_that_is_none_is_refused(settings: Any) -> None:
    settings.BATON_SIGN_IN = SignIn(proxies=(ip_network("10.9.0.0/24"),))
    wrong = {b"x-forwarded-prefix": b"//evil.example"}
    ruling = admit("POST", "/tape", FORM | wrong, 5, "10.9.0.1")
    assert ruling.status == 400
    assert "X-Forwarded-Prefix" in ruling.text


def test_a_browser_that_sends_no_origin_is_asked_for_the_cookie_alone() -> None:
    headers = {name: value for name, value in FORM.items() if name != b"origin"}
    assert admit("POST", "/tape", headers, 5).status == 0


def test_a_disk_with_too_little_left_takes_no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "free_bytes", lambda: admission.SPARE_BYTES + 10)
    assert admit("POST", "/tape", FORM, 10).status == 0
    assert admit("POST", "/tape", FORM, 11).status == 507
