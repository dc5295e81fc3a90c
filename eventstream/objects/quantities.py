"""Kubernetes quantities: comparing and adding what Pods ask for.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/; for what
a Pod asks for in all, staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests.
"""

from decimal import Decimal

from eventstream.expressions import expression
from eventstream.objects.pods import Container, PodSpec

_QUANTITY = expression(r"([+-]?[0-9.]+)([eE][+-]?[0-9]+|[A-Za-z]{0,2})")
_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    **{f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", 1)},
}

Amount = str | int | float

_LEAST, _MOST = Decimal("1e-9"), Decimal(2**63) * 1000
"""Smaller and larger quantities the API does not have; to write one down could take for ever."""


def amount(text: Amount | None) -> Decimal | None:
    """The number that a quantity stands for; None for what is no quantity."""
    if text is None:
        return None
    found = _QUANTITY.fullmatch(str(text))
    if found is None:
        return None
    digits, suffix = found.groups()
    try:
        if suffix in _SUFFIXES:
            number = Decimal(digits) * _SUFFIXES[suffix]
        else:
            number = Decimal(digits + suffix)
    except ArithmeticError:
        return None
    sound = not number or _LEAST <= abs(number) <= _MOST
    return number if sound else None


def requested(spec: object, resource: str) -> str:
    """How much of a resource a Pod asks for in all, as a quantity; empty where not known."""
    if not isinstance(spec, PodSpec):
        return ""
    whole = (spec.resources.requests if spec.resources else None) or {}
    overhead = amount((spec.overhead or {}).get(resource)) or Decimal(0)
    if resource in whole:
        asked_whole = amount(whole[resource])
        if not overhead or asked_whole is None:
            return str(whole[resource])
        return _written(asked_whole + overhead, resource)
    sidecars = [init for init in spec.init_containers if init.restart_policy == "Always"]
    asked = [_request(found, resource) for found in (*spec.containers, *sidecars)]
    running = [text for text in asked if text is not None]
    total = _sum(running)
    before, least = Decimal(0), Decimal(0)
    for init in spec.init_containers:
        own = amount(_request(init, resource)) or Decimal(0)
        if init.restart_policy == "Always":
            before += own
            least = max(least, before)
        else:
            least = max(least, before + own)
    if total is None:
        return ""
    if len(running) == 1 and least <= total and not overhead:
        return str(running[0])
    needed = max(total, least) + overhead
    return _written(needed, resource) if needed else ""


def _request(container: Container, resource: str) -> Amount | None:
    """A limit without a request is the request."""
    resources = container.resources
    if resources is None:
        return None
    asked = (resources.requests or {}).get(resource)
    return asked if asked is not None else (resources.limits or {}).get(resource)


def _sum(texts: list[Amount]) -> Decimal | None:
    amounts = [amount(text) for text in texts]
    known = [found for found in amounts if found is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _written(number: Decimal, resource: str) -> str:
    """As people write it: cores or millicores of CPU, binary units of bytes."""
    if resource != "cpu":
        for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
            size = Decimal(1024**power)
            if number >= size and number % size == 0:
                return f"{(number / size).normalize():f}{unit}"
    if number % 1:
        return f"{(number * 1000).normalize():f}m"
    return f"{int(number)}"
