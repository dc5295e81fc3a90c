"""`kubectl baton why` against a cluster: what it says, how it ends, and that it waits."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal.exits import MEANINGS, Exit
from tests.deploy.programs import ROOT
from tests.practicecluster.objects import website_crd
from tests.terminal.conftest import SOON, Kubectl, Why


def test_a_stalled_rollout_is_told_as_on_its_page(stuck: None, why: Why) -> None:
    status, said, _ = why("deploy/api", "-n", "default")
    assert status == Exit.STALLED
    assert said.startswith("deployment/api in default: stalled\n")
    for told in (
        "Holds the baton  kubelet node-",
        "What is wrong    The image does not exist (image-not-found)",
        "What ends it     The image is pushed",
        "To look closer   kubectl describe pod api-",
        "Evidence         reported, status: container api of Pod api-",
        "Last writers",
        "kubectl-create",
    ):
        assert told in said


def test_a_rollout_that_is_whole_is_complete(web: None, why: Why) -> None:
    status, said, _ = why("deployment", "web")
    assert status == Exit.COMPLETE
    assert "Outcome          2 of 2 Pods available." in said


def test_kubectl_finds_the_plugin_and_passes_its_exit_status_on(
    stuck: None, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run("baton", "why", "deploy/api", "-o", "json")
    assert (done.returncode, done.stderr) == (Exit.STALLED, "")
    assert json.loads(done.stdout)["result"] == "stalled"
    assert run("baton", "observe").returncode == 2


def test_json_has_the_trace_and_what_it_rests_on(stuck: None, why: Why) -> None:
    status, said, _ = why("deployments.apps/api", "-o", "json")
    document = json.loads(said)
    assert document["exit"] == status == Exit.STALLED
    assert document["object"]["kind"] == "Deployment"
    assert document["trace"]["diagnosis"] == "image-not-found"
    assert document["trace"]["root"] == document["object"]
    assert {each["grade"] for each in document["trace"]["diagnosis_evidence"]} == {"reported"}
    assert document["current"] is True
    assert document["unread"] == []


def test_a_pod_is_told_for_itself_and_not_as_its_deployment(
    web: None, why: Why, kubectl: Kubectl
) -> None:
    name = kubectl("get", "pods", "-l", "app=web", "-o", "name").split()[0]
    status, said, _ = why(name)
    assert status == Exit.COMPLETE
    assert said.startswith(f"{name} in default: complete\n")


def test_a_failed_job_has_an_exit_status_of_its_own(why: Why, kubectl: Kubectl) -> None:
    kubectl("create", "job", "once", "--image=crash/once")
    kubectl("patch", "job", "once", "-p", '{"spec":{"backoffLimit":0}}')
    status, said, _ = why("job/once", "--watch", "--timeout", "120s")
    assert status == Exit.FAILED
    assert "The Job has failed (job-failed)" in said


def test_it_waits_until_a_rollout_that_stands_still_is_mended(
    why: Why, kubectl: Kubectl, kubeconfig: Path
) -> None:
    kubectl("create", "deployment", "slow", "--image=bad/slow")
    status, said, _ = why("deploy/slow", "--watch", "--patience", "0s", "--timeout", "120s")
    assert status == Exit.STALLED
    assert "image" in said
    waiting = subprocess.Popen(
        [sys.executable, "manage.py", "why", "deploy/slow", "--watch", "--timeout", "120s"],
        env=os.environ | {"KUBECONFIG": str(kubeconfig)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout is not None
    first = waiting.stdout.readline()
    assert " stalled: " in first
    kubectl("set", "image", "deploy/slow", "*=nginx:1")
    said = waiting.communicate(timeout=SOON)[0]
    assert waiting.returncode == Exit.COMPLETE
    assert "by kubectl-set (a name the client chose)" in said
    assert "Last steps" in said


def test_a_timeout_ends_the_waiting_with_how_it_stands(stuck: None, why: Why) -> None:
    status, said, _ = why("deploy/api", "--watch", "--timeout", "3s", "-o", "json")
    assert status == Exit.STALLED
    assert json.loads(said.splitlines()[-1])["exit"] == Exit.STALLED


def test_a_custom_resource_is_found_by_the_names_of_its_definition(
    why: Why, kubectl: Kubectl, tmp_path: Path
) -> None:
    definition = website_crd(established=True)
    definition.pop("status")
    site = {
        "apiVersion": "stable.example.com/v1",
        "kind": "Website",
        "metadata": {"name": "shop"},
        "spec": {"replicas": 1},
    }
    for thing in (definition, site):
        file = tmp_path / "thing.json"
        file.write_text(json.dumps(thing))
        kubectl("apply", "-f", str(file))
    short = definition["spec"]["names"].get("shortNames", ["website"])[0]
    status, said, _ = why(f"{short}/shop")
    assert status in {Exit.UNKNOWN, Exit.STALLED, Exit.RUNNING}
    assert said.startswith("website/shop in default: ")


@pytest.mark.parametrize(
    ("words", "ended", "message"),
    [
        (
            ["deploy/nope"],
            Exit.NOT_FOUND,
            "There is no Deployment called nope in namespace default",
        ),
        (["deploy/web", "-n", "nope"], Exit.NOT_FOUND, "in namespace nope"),
        (["gadget/x"], Exit.NOT_FOUND, "no resource type 'gadget'"),
        (["pod/../secrets"], 2, ""),
        (["pod", ".."], Exit.NOT_FOUND, "No object can be called '..'"),
        (["cm/x"], Exit.CANNOT_ASK, "does not read configmaps"),
        (["pod/x", "--context", "nope"], Exit.CANNOT_ASK, "has no context 'nope'"),
    ],
)
def test_what_cannot_be_answered_ends_by_its_own_status(
    words: list[str], ended: int, message: str, why: Why
) -> None:
    if ended == 2:
        with pytest.raises(SystemExit) as usage:
            why(*words)
        assert usage.value.code == ended
        return
    status, said, errors = why(*words)
    assert (status, said) == (ended, "")
    assert message in errors
    status, said, _ = why(*words, "-o", "json")
    assert json.loads(said)["exit"] == status == ended


def test_the_exit_statuses_are_documented_where_people_look() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for each, meaning in MEANINGS.items():
        assert f"| {int(each)} | {meaning.replace(': ', ' | ', 1)} |" in readme
