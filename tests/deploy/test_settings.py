"""Whatever a manifest sets is a setting that Baton knows, and whatever it knows can be set."""

import re

import pytest

from dashboard import settings
from dashboard.signin import mode
from tests.deploy import parts
from tests.deploy.programs import ROOT, kustomized, templated
from tests.deploy.variants import VARIANTS

TABLES = f"{settings.__doc__}{mode.__doc__}"
KNOWN = set(re.findall(r"^\| `(BATON_\w+)` \|", TABLES, flags=re.MULTILINE))
OWN = {"BATON_NAMESPACE"}
"""Set for an argument of the same manifest, by which it is known."""
NOT_FOR_A_POD = {"BATON_DEBUG", "BATON_SECRET_KEY", "BATON_STATIC_ROOT"}
"""Tracebacks for all, a key that Baton makes by itself, and what the image says."""
OVERLAYS = sorted(each.name for each in (ROOT / "deploy/overlays").iterdir())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_sets_what_baton_knows(overlay: str) -> None:
    container = parts.baton(kustomized(f"deploy/overlays/{overlay}"))
    assert {entry["name"] for entry in container["env"]} <= KNOWN | OWN


def test_a_value_of_the_chart_sets_each_setting_that_baton_knows() -> None:
    said = {name for values in VARIANTS.values() for name in parts.environment(templated(values))}
    assert {name for name in said if name.startswith("BATON_")} == KNOWN - NOT_FOR_A_POD
