"""What is wrong with an object, field by field, as a Status with its causes says it.

Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from practicecluster.resources import ResourceType
from practicecluster.statuses import ApiError

_SAYS = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotFound": "Not found",
}
_WITHOUT_VALUE = {"FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong"}


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong: the reason of its cause, and where."""

    reason: str
    field: str
    value: Any = None
    detail: str = ""

    def message(self) -> str:
        """Return what the cause says, without the field."""
        said = _SAYS[self.reason]
        if self.reason not in _WITHOUT_VALUE:
            said += f": {json.dumps(self.value, separators=(',', ':'))}"
        return f"{said}: {self.detail}" if self.detail else said


def required(field: str, detail: str = "") -> Wrong:
    """Return that a field is missing."""
    return Wrong("FieldValueRequired", field, detail=detail)


def invalid(field: str, value: Any, detail: str) -> Wrong:
    """Return that a value is not allowed there."""
    return Wrong("FieldValueInvalid", field, value, detail)


def mistyped(field: str, value: Any, detail: str) -> Wrong:
    """Return that a value is of another type than its field."""
    return Wrong("FieldValueTypeInvalid", field, value, detail)


def forbidden_field(field: str, detail: str) -> Wrong:
    """Return that a field may not be set, or not be changed."""
    return Wrong("FieldValueForbidden", field, detail=detail)


def duplicate(field: str, value: Any) -> Wrong:
    """Return that a value is there twice."""
    return Wrong("FieldValueDuplicate", field, value)


def unsupported(field: str, value: Any, supported: Sequence[str]) -> Wrong:
    """Return that a value is none of those that there are."""
    known = ", ".join(json.dumps(each) for each in sorted(supported))
    return Wrong("FieldValueNotSupported", field, value, f"supported values: {known}")


def unprocessable(served: ResourceType, name: str, wrong: Iterable[Wrong]) -> ApiError:
    """Return the answer to an object that is invalid: 422 with a cause for each fault."""
    found = list(wrong)
    said = [f"{each.field}: {each.message()}" for each in found]
    what = f"{served.kind}.{served.group}" if served.group else served.kind
    listed = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    causes = [
        {"reason": each.reason, "message": each.message(), "field": each.field} for each in found
    ]
    details = {"name": name, "group": served.group, "kind": served.kind, "causes": causes}
    return ApiError(
        422,
        "Invalid",
        f'{what} "{name}" is invalid: {listed}',
        details={key: value for key, value in details.items() if value},
    )
