"""Credentials in free text are hidden; everything that explains the cluster stays readable."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.redaction import MESSAGE_LIMIT, Redactor
from tests.objects.recorded import KEY, TAPES, objects

REDACTOR = Redactor(KEY)
HEX = "1c6b0e2f" * 8
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl-_x"


def messages(value: Any) -> list[str]:
    """Every `message` and `note` at any depth."""
    if isinstance(value, list):
        return [text for item in value for text in messages(item)]
    if not isinstance(value, dict):
        return []
    found = [text for item in value.values() for text in messages(item)]
    return found + [value[key] for key in ("message", "note") if isinstance(value.get(key), str)]


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_no_message_that_a_real_cluster_wrote_is_altered(tape: Path) -> None:
    real = {text for _, content in objects(tape) for text in messages(content)}
    assert len(real) > 10
    assert {text for text in real if REDACTOR.message(text) != text} == set()


CREDENTIALS = [
    "dial postgres://app:hunter2@db:5432/x failed",
    "dial postgres://app:12345@db/x failed",
    "amqp://app:p:a/ss@mq",
    "https://ghp_0123456789abcdefghij@github.com/a/b not found",
    "Authorization: Bearer abc.def-123",
    "Authorization: Basic dXNlcjpwYXNz",
    "sent header authorization=Digest9",
    "invalid bearer abcdefgh1 in request",
    "password=hunter2",
    "password: hunter",
    "passwd=hunter2, user=app",
    'connect with {"password": "two words"}',
    r"body {\"password\":\"hunter2\"}",
    "DB_PASSWORD='a b' is wrong",
    "client_secret=abc123&grant=x",
    "token: 9f8e7d6c5b",
    'secret: "hunter two"',
    "api-key:abc apiKey=abc aws_secret_access_key=abc",
    "https://s3/x?X-Amz-Signature=0a1b2c&X-Amz-Credential=AKI/2026",
    "mysqldump --password hunter2 --all",
    f"got {JWT} instead",
    "key AKIAABCDEFGHIJKLMNOP is disabled",
    "glpat-0123456789abcdefXYZ expired",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\nAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    "unexpected value " + "aB3dE5" * 8,
    "unexpected value " + "0123456789abcdef" * 3,
]
PARTS = re.compile(
    "hunter|12345|p:a/ss|ghp_|abc|dXNl|Digest9|two|a b|9f8e|0a1b|AKI|eyJ|glpat|MII|AAK|aB3d|0123"
)


@pytest.mark.parametrize("text", CREDENTIALS)
def test_a_credential_is_hidden(text: str) -> None:
    shown = REDACTOR.message(text)
    assert "hidden:" in shown
    assert PARTS.findall(re.sub("hidden:[0-9a-f]{12}", "", shown)) == []


READABLE = [
    'Get "https://10.0.0.1:8443/healthz": dial tcp 10.0.0.1:8443: connect: connection refused',
    "Readiness probe failed: HTTP probe failed with statuscode: 503",
    'MountVolume.SetUp failed for volume "db-secret" : secret "db-secret" not found',
    'MountVolume.SetUp failed for volume "db-password" : secret "x" not found',
    "couldn't find key password in Secret shop/db",
    'Error: secret "db" not found',
    (
        "failed to authorize: failed to fetch anonymous token: unexpected status from GET "
        "request to https://auth.docker.io/token?scope=repository%3Abitnami%2Fnginx%3Apull&service="
        "registry.docker.io: 401 Unauthorized"
    ),
    "failed to fetch oauth token: denied: x509: certificate signed by unknown authority",
    "token: x509: certificate has expired",
    "https://ghcr.io/token: 403 Forbidden",
    (
        "pull access denied, repository does not exist or may require authorization: server "
        "message: insufficient_scope: authorization failed"
    ),
    "no basic auth credentials",
    'unauthorized: Bearer realm="https://auth.example.com/token",service="registry"',
    "invalid bearer token, [token lookup failed, service account token has expired]",
    "exceeded quota: secrets, requested: secrets=1, used: count/secrets=10, limited: secrets=10",
    "requested: requests.memory=1536Mi,requests.cpu=500m, limited: requests.memory=1Gi",
    f'Failed to create pod sandbox: plugin failed for sandbox "{HEX}": no route',
    f"container {HEX} is not running",
    f"Pulled registry.example.com:5000/team/app@sha256:{HEX}",
    f'Back-off pulling image "team/app:{"a1" * 10}"',
    "/var/lib/kubelet/plugins/kubernetes1io/csi/aaaaaaaaaaaaaaaaaaaaaaaa1/globalmount",
    (
        "back-off 5m0s restarting failed container=web pod=web-54b47689c5-26rf6_shop"
        "(b48573aa-39ed-4543-b972-73dd3af12ecb)"
    ),
    'pods "a" is forbidden: User "system:serviceaccount:shop:default" cannot get resource "pods"',
    "the node was low on resource: memory. Threshold quantity: 100Mi, available: 61132Ki.",
    "Last State: Terminated at 2026-11-23T00:12:58.123456Z with exit code: 137",
    "hidden:0123456789ab",
]


@pytest.mark.parametrize("text", READABLE)
def test_what_is_no_credential_stays_as_it_is(text: str) -> None:
    assert REDACTOR.message(text) == text


def test_a_long_message_is_cut() -> None:
    shown = REDACTOR.message("many words " * 200)
    assert len(shown) == MESSAGE_LIMIT
    assert shown.endswith("…")


@given(before=st.integers(MESSAGE_LIMIT - 60, MESSAGE_LIMIT + 5))
def test_a_cut_never_uncovers_a_credential(before: int) -> None:
    text = "x " * (before // 2) + "://app:hunter2@db password=hunter2 " + "y " * 50
    assert "hunter" not in REDACTOR.message(text)


FRAGMENTS = st.sampled_from(
    [
        *("password", "token", "secret", "keys", "Bearer ", "Basic ", "--", "s"),
        *("=", ": ", ":", '"', "'", "\\", "://", "@", "\n", " ", "…", "é", "x509:"),
        *("hidden:", "hidden:0123456789ab", "a1" * 20, "aB3/" * 12, "x" * 900),
        *("-----BEGIN PRIVATE KEY-----", "-----END", "eyJabcdefghijkl.abcd.", "ghp_" + "a" * 20),
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=14).map("".join))
def test_a_redacted_message_is_not_altered_again(text: str) -> None:
    shown = REDACTOR.message(text)
    assert len(shown) <= MESSAGE_LIMIT
    assert Redactor(b"another").message(shown) == shown


def test_a_text_with_a_credential_is_not_remembered() -> None:
    redactor = Redactor(KEY)
    redactor.message("password=hunter2")
    assert [text for text in redactor._clean if "hunter2" in text] == []


def test_remembered_texts_are_bounded() -> None:
    redactor = Redactor(KEY)
    for number in range(5000):
        redactor.message(f"ordinary {number}")
    assert len(redactor._clean) <= 2048
