"""The registry of diagnoses and the code that gives them name the same codes."""

import ast
import re
from pathlib import Path

import pytest

from eventstream.explain import controllers, outlook
from eventstream.explain.outlook.waits import WORDS
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES, Diagnosis
from eventstream.explain.vocabulary.documented.rules import DOCUMENTED_RULES
from eventstream.explain.vocabulary.registry import ACTORS, MANAGERS

_CODE = re.compile(r"[a-z]+(-[a-z]+)+")
_OTHERS = frozenset(
    {
        *("controller-revision-hash", "pod-template-hash", "openshift-gitops"),
        *("default-scheduler", "kubectl-replace", *MANAGERS),
        *("kustomize-controller", "helm-controller"),
        *("argocd-controller", "argocd-application-controller"),
        *("disk-pressure", "memory-pressure", "network-unavailable", "not-ready", "pid-pressure"),
        *("kube-root-ca.crt", "cloud-controller", "kueue-controller", "node-controller"),
        "use-annotation",
    }
)
"""Words of the same form that are no codes: labels, a namespace, programs, taints, and a port."""


def written() -> set[str]:
    """Every string constant of the rules that judge how a trace stands."""
    rooms = (Path(room.__path__[0]) for room in (outlook, controllers))
    paths = [path for room in rooms for path in room.rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_code_that_the_outlook_can_give_is_registered() -> None:
    codes = {text for text in written() if _CODE.fullmatch(text)}
    assert (
        codes - ACTORS.keys() - WORDS.keys() - _OTHERS - DOCUMENTED_RULES.keys() - DIAGNOSES.keys()
        == set()
    )


def test_every_registered_code_can_be_given() -> None:
    assert DIAGNOSES.keys() - written() == set()


@pytest.mark.parametrize("diagnosis", DIAGNOSES.values(), ids=lambda diagnosis: diagnosis.code)
def test_a_diagnosis_is_told_in_whole_sentences_with_its_source(diagnosis: Diagnosis) -> None:
    assert diagnosis.holder in ACTORS
    assert not diagnosis.title.endswith(".")
    for text in (diagnosis.meaning, diagnosis.clears):
        assert re.fullmatch(r"[A-Z].+\.", text), text
    assert re.match(r"https://(kubernetes\.io|github\.com/kubernetes)/", diagnosis.source_url)
