"""The names that objects, labels and annotations may have.

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from practicecluster.writing.problems import Wrong, invalid, required

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_LABEL_MOST, _SUBDOMAIN_MOST, ANNOTATIONS_MOST = 63, 253, 256 * 1024
_LABEL_SAYS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_SAYS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_VALUE_SAYS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_SAYS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_LABELS_ONLY = frozenset({"namespaces", "services"})
_ANYTHING = frozenset(
    f"{plural}.rbac.authorization.k8s.io"
    for plural in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
)


def label_faults(at: str, text: str) -> Iterator[Wrong]:
    """Yield what a DNS label, such as a container's name, has wrong."""
    if not text:
        yield required(at)
    elif len(text) > _LABEL_MOST:
        yield invalid(at, text, f"must be no more than {_LABEL_MOST} characters")
    elif not _LABEL.fullmatch(text):
        yield invalid(at, text, _LABEL_SAYS)


def name_faults(group_resource: str, metadata: Mapping[str, Any]) -> Iterator[Wrong]:
    """Yield what an object's name has wrong."""
    name = str(metadata.get("name") or "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif group_resource in _ANYTHING:
        if name in {".", ".."} or "/" in name or "%" in name:
            yield invalid("metadata.name", name, "may not be '.', '..' or contain '/' or '%'")
    elif group_resource in _LABELS_ONLY:
        yield from label_faults("metadata.name", name)
    elif len(name) > _SUBDOMAIN_MOST:
        yield invalid("metadata.name", name, f"must be no more than {_SUBDOMAIN_MOST} characters")
    elif not _SUBDOMAIN.fullmatch(name):
        yield invalid("metadata.name", name, _SUBDOMAIN_SAYS)


def labels_faults(at: str, labels: Mapping[str, Any]) -> Iterator[Wrong]:
    """Yield what labels have wrong, keys and values."""
    for key, value in labels.items():
        yield from _key_faults(at, key)
        text = str(value)
        if len(text) > _LABEL_MOST:
            yield invalid(at, text, f"must be no more than {_LABEL_MOST} bytes")
        elif not _VALUE.fullmatch(text):
            yield invalid(at, text, _VALUE_SAYS)


def annotations_faults(at: str, annotations: Mapping[str, Any]) -> Iterator[Wrong]:
    """Yield what annotations have wrong: their keys, and how much they are together."""
    for key in annotations:
        yield from _key_faults(at, key.lower())
    size = sum(len(key) + len(str(value)) for key, value in annotations.items())
    if size > ANNOTATIONS_MOST:
        detail = f"may not be more than {ANNOTATIONS_MOST} bytes"
        yield Wrong("FieldValueTooLong", at, detail=detail)


def _key_faults(at: str, key: str) -> Iterator[Wrong]:
    prefix, slash, name = key.rpartition("/")
    if slash and not (_SUBDOMAIN.fullmatch(prefix) and len(prefix) <= _SUBDOMAIN_MOST):
        yield invalid(at, key, f"prefix part {_SUBDOMAIN_SAYS}")
    elif not name or len(name) > _LABEL_MOST:
        yield invalid(at, key, f"name part must be no more than {_LABEL_MOST} characters")
    elif not _QUALIFIED.fullmatch(name):
        yield invalid(at, key, _KEY_SAYS)
