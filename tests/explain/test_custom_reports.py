"""What is told of a custom resource's status: which of its conditions turned, and to what."""

import pytest

from tests.explain.stories import Json, Story, stamp
from tests.explain.things import condition, website

AT = {"lastTransitionTime": "2026-01-01T00:00:00Z"}
MISSING = condition("Degraded", "True", "Missing")
TURNED = condition("Degraded", "False", "Missing") | AT
INVALID = condition("Degraded", "True", "Invalid") | AT


def reports(story: Story, site: Json, conditions: list[Json], *, apart: bool) -> None:
    entry: Json = {"manager": "site-operator", "operation": "Update", "time": stamp(story.at)}
    entry |= {"apiVersion": site["apiVersion"], "fieldsType": "FieldsV1"}
    entry |= {"subresource": "status"} if apart else {}
    entry["fieldsV1"] = {"f:status": {"f:conditions": {}, "f:size": {}}}
    entries = [e for e in site["metadata"]["managedFields"] if e["manager"] != "site-operator"]
    site["metadata"]["managedFields"] = [*entries, entry]
    story.change(site, {"status": {"size": 0, "conditions": conditions}})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [MISSING], "condition Degraded is True (Missing)"),
        (
            [MISSING],
            [condition("Degraded", "False")],
            "condition Degraded is now False",
        ),
        (
            [MISSING],
            [condition("Degraded", "True", "Invalid")],
            "condition Degraded is still True (Invalid now)",
        ),
        # One for each reason, of which the one that holds is True.
        ([MISSING], [INVALID, TURNED], "condition Degraded is still True (Invalid now)"),
    ],
)
@pytest.mark.parametrize("apart", [True, False])
def test_a_condition_is_told_by_what_is_new_of_it(
    before: list[Json], after: list[Json], said: str, apart: bool
) -> None:
    """The same where its type has no status apart."""
    story = Story()
    site = story.create(website(), "kubectl-create")
    reports(story, site, before, apart=apart)
    story.wait(60)
    reports(story, site, after, apart=apart)
    assert story.last(site).what.endswith(
        f"site-operator reported in the status of Website shopfront: {said}."
    )
