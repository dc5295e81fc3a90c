"""Bodies in protobuf: what clients send is read, and anything else is refused."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practicecluster.protobuf import MAGIC, ProtobufError, message, text
from practicecluster.writing import wire

BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine the first example takes its time."""


def body(kind: str, *fields: bytes, version: str = "v1") -> bytes:
    head = text(1, version) + text(2, kind)
    return MAGIC + message(1, head) + message(2, b"".join(fields))


def labels(**values: str) -> bytes:
    return b"".join(message(11, text(1, k) + text(2, v)) for k, v in values.items())


def test_an_object_is_read_as_its_json() -> None:
    metadata = message(1, text(1, "m") + text(3, "shop") + labels(app="web"))
    data = message(2, text(1, "a") + text(2, "1"))
    assert wire.read(body("ConfigMap", metadata, data)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "m", "namespace": "shop", "labels": {"app": "web"}},
        "data": {"a": "1"},
    }


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"{}", "does not begin"),
        (MAGIC + b"\x0a", "ends within a number"),
        (MAGIC + b"\x0a\x05ab", "not protobuf at byte"),
        (body("Unheard"), "send it as JSON"),
        (body("ConfigMap", b"\x08\x01"), "should be a text or a message"),
        (body("Pod", message(2, text(4, "ten"))), "should be a number"),
        (body("Pod", message(1, message(8, b"\x08" + b"\xff" * 8 + b"\x7f"))), "is no time"),
    ],
)
def test_what_is_no_such_object_is_refused(sent: bytes, said: str) -> None:
    with pytest.raises(ProtobufError) as error:
        wire.read(sent)
    assert said in str(error.value)


@BUSY
@given(st.binary(max_size=200), st.sampled_from(["Pod", "Secret", "Event", "PriorityClass"]))
def test_any_bytes_are_an_object_or_refused(data: bytes, kind: str) -> None:
    try:
        found: Any = wire.read(body(kind, data))
    except (ProtobufError, ValueError):
        return  # A ValueError is of a text or JSON within that can't be read.
    assert found["kind"] == kind
