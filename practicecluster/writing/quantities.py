"""Resource quantities: as numbers, and in the form in which a real server writes them back.

Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go
"""

import re
from decimal import Decimal
from typing import Any

from practicecluster.stored import JsonObject

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
}
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))")
_MOST_TEXT = 64


class QuantityError(ValueError):
    """A text that is no quantity."""

    def __init__(self) -> None:
        super().__init__(
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )


def _parts(text: str) -> tuple[Decimal, str]:
    found = _FORM.fullmatch(text) if len(text) <= _MOST_TEXT else None
    if found is None:
        raise QuantityError
    number, exponent, suffix = found.groups()
    if exponent:
        if abs(int(exponent[1:])) > 18:
            raise QuantityError
        return Decimal(number + exponent), "e"
    if suffix in _BINARY:
        return Decimal(number) * _BINARY[suffix], "i"
    return Decimal(number) * _DECIMAL[suffix or ""], ""


def amount(text: Any) -> Decimal:
    """Return a quantity as a number; raises QuantityError."""
    return _parts(str(text))[0]


def canonical(text: Any) -> str:
    """Return a quantity as the server writes it: without fraction, by the largest suffix."""
    value, form = _parts(str(text))
    if value == 0:
        return "0"
    if form == "i" and value == value.to_integral_value() and abs(value) >= 1024:
        for suffix, size in reversed(_BINARY.items()):
            if value % size == 0:
                return f"{int(value / size)}{suffix}"
    for suffix, unit in sorted(_DECIMAL.items(), key=lambda each: -each[1]):
        if (form != "i" or unit <= 1) and value % unit == 0:
            return f"{int(value / unit)}{suffix}"
    return f"{int((value / _DECIMAL['n']).to_integral_value())}n"


def added(one: JsonObject, other: JsonObject) -> JsonObject:
    """Return the sums of two resource lists, by name."""
    names = {**one, **other}
    return {name: total([one.get(name, "0"), other.get(name, "0")]) for name in names}


def total(texts: list[Any]) -> str:
    """Return the sum of quantities, in the form of the first that is not 0."""
    value = sum((amount(text) for text in texts), Decimal(0))
    binary = any(_parts(str(text))[1] == "i" for text in texts)
    if binary and value == value.to_integral_value():
        for suffix, size in reversed(_BINARY.items()):
            if value and value % size == 0:
                return f"{int(value / size)}{suffix}"
    return canonical(format(value, "f"))
