"""Label and field selectors: parsing and matching, with a real server's refusals.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api and
https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from practicecluster.resources import ResourceType
from practicecluster.statuses import ApiError, bad_request

_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
}
_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<absent_key>{_NAME})"
    rf"|(?P<key>{_NAME})\s*(?:(?P<op>==|!=|=)\s*(?P<value>{_NAME}|)"
    rf"|\s(?P<set_op>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?:,|$)"
)
Requirement = Callable[[Mapping[str, str]], bool]


class Selectable(Protocol):
    """What a selection looks at."""

    namespace: str | None
    name: str
    key: str
    labels: Mapping[str, str]
    fields: Mapping[str, str]


def selectable_fields(storage: str, content: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of the fields by which objects of this storage can be selected."""
    return {path: _text_at(content, path) for path in _FIELDS.get(storage, ())}


def _text_at(content: Mapping[str, Any], path: str) -> str:
    if path == "source":
        path = "source.component"
    found: Any = content
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return "" if found is None else str(found)


@dataclass(frozen=True)
class Selection:
    """What a request asks for: a namespace (None: all), label and field requirements.

    `hidden` says of an object's key whether it is as if it were not there for who asks.
    """

    namespace: str | None
    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    hidden: Callable[[str], bool] | None = None

    @property
    def is_filtered(self) -> bool:
        """Return whether a selector, other than the namespace, leaves anything out."""
        return bool(self.labels or self.fields)

    def matches(self, candidate: Selectable) -> bool:
        """Return whether the object belongs to the answer."""
        if self.namespace is not None and candidate.namespace != self.namespace:
            return False
        if self.hidden is not None and self.hidden(candidate.key):
            return False
        if not all(requirement(candidate.labels) for requirement in self.labels):
            return False
        if not self.fields:
            return True
        named = {"metadata.name": candidate.name, "metadata.namespace": candidate.namespace or ""}
        fields = {**candidate.fields, **named}
        return all(requirement(fields) for requirement in self.fields)


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Return the requirements of a labelSelector; raises ApiError 400 where it can't be read."""
    requirements: list[Requirement] = []
    position = 0
    while position < len(text):
        found = _REQUIREMENT.match(text, position)
        if not found or found.end() == position:
            raise bad_request(f"unable to parse requirement: found {text[position:]!r}")
        requirements.append(_label_requirement(found))
        position = found.end()
    return tuple(requirements)


def _label_requirement(found: re.Match[str]) -> Requirement:
    key, value = found["key"], found["value"]
    if found["absent"]:
        absent = found["absent_key"]
        return lambda labels: absent not in labels
    if found["set_op"]:
        values = {one.strip() for one in found["values"].split(",")}
        wanted = found["set_op"] == "in"
        return lambda labels: (key in labels and labels[key] in values) == wanted
    if found["op"] == "!=":
        return lambda labels: labels.get(key) != value
    if found["op"]:
        return lambda labels: labels.get(key) == value
    return lambda labels: key in labels


def parse_fields(text: str, served: ResourceType) -> tuple[Requirement, ...]:
    """Return the requirements of a fieldSelector; raises ApiError 400 for an unsupported field."""
    return tuple(_field_requirement(term, served) for term in text.split(",") if term.strip())


def _field_requirement(term: str, served: ResourceType) -> Requirement:
    found = re.fullmatch(r"\s*([^=!\s]+)\s*(==|!=|=)\s*(.*?)\s*", term)
    if not found:
        raise bad_request(f"invalid field selector: {term!r}; can't understand it")
    label, operator, value = found.groups()
    path = label
    if served.storage == "events" and served.group:
        path = label.replace("regarding.", "involvedObject.")
        path = path.replace("reportingController", "reportingComponent")
    if path not in {"metadata.name", "metadata.namespace", *_FIELDS.get(served.storage, ())}:
        raise _unsupported(label, served)
    if operator == "!=":
        return lambda fields: fields.get(path, "") != value
    return lambda fields: fields.get(path, "") == value


def _unsupported(label: str, served: ResourceType) -> ApiError:
    if served.storage in _FIELDS or served.custom:
        return bad_request(f"field label not supported: {label}")
    known = '"metadata.name", "metadata.namespace"'
    return bad_request(f'"{label}" is not a known field selector: only {known}')
