"""Quantities as a real server writes them back."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practicecluster.writing.quantities import QuantityError, amount, canonical, total

BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine the first example takes its time."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("1000Mi", "1000Mi"),
        ("100", "100"),
        ("1000", "1k"),
        ("1e3", "1k"),
        ("0", "0"),
        ("0Gi", "0"),
        ("500", "500"),
        ("128974848", "128974848"),
        (1, "1"),
        (0.1, "100m"),
        ("512Ki", "512Ki"),
    ],
)
def test_a_quantity_is_written_without_fraction_by_the_largest_suffix(
    text: str | float, shown: str
) -> None:
    assert canonical(text) == shown
    assert canonical(shown) == shown
    assert amount(shown) == amount(text)


@pytest.mark.parametrize("text", ["", "1x", "one", "1 Gi", "--1", "1e99", "9" * 65, None])
def test_what_is_no_quantity_is_refused(text: object) -> None:
    with pytest.raises(QuantityError):
        canonical(text)


@BUSY
@given(st.integers(0, 10**9), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi"]))
def test_the_written_form_has_the_same_value(number: int, suffix: str) -> None:
    assert amount(canonical(f"{number}{suffix}")) == amount(f"{number}{suffix}")


def test_sums_keep_their_form() -> None:
    assert total(["1Gi", "512Mi"]) == "1536Mi"
    assert total(["100m", "900m"]) == "1"
    assert total([]) == "0"
    assert amount("1Gi") == Decimal(2**30)
