"""The real helm installs the chart, upgrades it to other values and back, and takes it away."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.live import Live, living
from tests.deploy.programs import CHART
from tests.deploy.variants import VARIANTS

KEPT = "v1/persistentvolumeclaims/baton/baton-history"
UPGRADES = [
    *("token behind an ingress", "oidc behind a gateway", "a proxy of one's own by names"),
    *("oauth2-proxy", "persistent", "openshift without its proxy", "audit log"),
    *("kinds of one's own", "scheduled", "monitored", "namespaced"),
]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with living(tmp_path) as made:
        yield made


async def install(live: Live, values: dict[str, Any]) -> None:
    await live.helm(
        *("upgrade", "--install", "baton", str(CHART), "-n", "baton", "--create-namespace"),
        *("--disable-openapi-validation", "--reset-values", "-f", "-"),
        said=yaml.safe_dump(values),
    )


async def test_an_upgrade_leaves_nothing_of_what_was_before_but_the_claim(live: Live) -> None:
    await install(live, VARIANTS["as it is"])
    plain = live.objects()
    for variant in UPGRADES:
        await install(live, VARIANTS[variant])
        assert live.objects() != plain, variant
    await install(live, VARIANTS["as it is"])
    after = live.objects()
    assert after.pop(KEPT)["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert after == plain


async def test_an_upgrade_to_the_same_values_changes_nothing(live: Live) -> None:
    await install(live, VARIANTS["oauth2-proxy"])
    before = live.versions()
    await install(live, VARIANTS["oauth2-proxy"])
    assert live.versions() == before


async def test_what_is_uninstalled_leaves_the_history_alone(live: Live) -> None:
    empty = {*live.objects(), "v1/namespaces/baton"}
    await install(live, VARIANTS["persistent"])
    await live.helm("uninstall", "baton", "-n", "baton")
    assert set(live.objects()) - empty == {KEPT}
