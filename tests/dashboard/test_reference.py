"""The reference page: everything that is documented stands on it, and everything links there."""

import re

import pytest
from django.test import Client

from dashboard import wording
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.documented import creation, operators, words
from eventstream.explain.vocabulary.documented.rules import DOCUMENTED_RULES
from eventstream.explain.vocabulary.registry import ACTORS
from tests.dashboard import scenes

pytestmark = pytest.mark.django_db

STEPS = (
    *creation.CREATION,
    *creation.START,
    *creation.FOLLOWING,
    *operators.TYPE,
    operators.REQUEST,
    *operators.LOOP,
    operators.BUILT_IN,
)
ANCHORS = {
    *(step.id for step in STEPS),
    *(f"actor-{actor}" for actor in ACTORS),
    *(f"grade-{grade.name}" for grade in words.GRADES),
    *(f"verb-{verb.name}" for verb in words.VERBS),
    *(f"diagnosis-{code}" for code in DIAGNOSES),
    *(f"rule-{name}" for name in DOCUMENTED_RULES),
}


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def entries(html: str) -> dict[str, str]:
    """Each entry of the page by its anchor."""
    found = re.findall(r'<li class="entry" id="([^"]+)">(.*?)</li>', html, re.DOTALL)
    assert len(dict(found)) == len(found)
    return dict(found)


def test_every_documented_thing_has_one_entry(client: Client) -> None:
    assert set(entries(body(client, "/reference"))) == ANCHORS


def test_every_step_diagnosis_actor_and_rule_links_what_it_rests_on(client: Client) -> None:
    shown = entries(body(client, "/reference"))
    for rule in DOCUMENTED_RULES.values():
        for source in rule.sources:
            assert f'href="{source}" rel="noopener noreferrer"' in shown[f"rule-{rule.name}"]
    for step in STEPS:
        assert f'href="{step.source_url}"' in shown[step.id]
    for code, diagnosis in DIAGNOSES.items():
        assert f'href="{diagnosis.source_url}"' in shown[f"diagnosis-{code}"]
    for name, actor in ACTORS.items():
        assert f'href="{actor.source_url}"' in shown[f"actor-{name}"]


def test_links_within_the_page_lead_to_an_entry_or_a_section(client: Client) -> None:
    html = body(client, "/reference")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


@pytest.mark.parametrize(
    "path", ["/traces/nginx?step=nginx-010", "/traces/nginx?step=nginx-001", "/traces/bad"]
)
def test_a_trace_links_to_entries_that_are_there(client: Client, path: str) -> None:
    scenes.store(scenes.nginx(100.0), scenes.stuck(100.0))
    html = body(client, path)
    linked = set(re.findall(r'href="/reference#([^"]+)"', html))
    assert linked <= ANCHORS
    assert {f"grade-{grade.name}" for grade in words.GRADES} <= linked


def test_the_drawer_links_its_documented_steps_and_its_rule(client: Client) -> None:
    trace, steps = scenes.nginx(100.0)
    scenes.store((trace, steps), scenes.ruled("bound"))
    assert 'href="/reference#step-7" title="Three Pods are asked for"' in body(
        client, "/traces/nginx/steps/nginx-010"
    )
    assert 'href="/reference#rule-bound"' in body(client, "/traces/ruled/steps/ruled-001")


def test_a_rule_of_another_version_is_named_and_not_linked(client: Client) -> None:
    scenes.store(scenes.ruled("rule-of-tomorrow"))
    html = body(client, "/traces/ruled/steps/ruled-001")
    assert '<span class="mono">rule-of-tomorrow</span>' in html
    assert "/reference#rule-" not in html


def test_a_known_diagnosis_is_linked_and_another_only_named(client: Client) -> None:
    scenes.store(scenes.stuck(100.0), scenes.hostile(100.0))
    assert 'href="/reference#diagnosis-image-not-found"' in body(client, "/traces/bad")
    html = body(client, "/traces/hostile")
    assert "/reference#diagnosis-" not in html
    assert "&lt;/a&gt;&lt;b&gt;" in html


def test_a_source_is_called_by_its_path() -> None:
    kubernetes = "https://github.com/kubernetes/kubernetes/blob/release-1.36/"
    assert wording.source_name(f"{kubernetes}pkg/a/b.go") == "pkg/a/b.go"
    assert wording.source_name(f"{kubernetes}staging/src/k8s.io/api/c.go") == "api/c.go"
    assert wording.source_name("https://kubernetes.io/docs/concepts/") == "docs/concepts"
    assert wording.source_name("https://example.org/x") == "https://example.org/x"
