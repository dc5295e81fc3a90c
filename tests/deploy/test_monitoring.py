"""What a Prometheus and a Grafana get: each expression can be read and asks for what there is, each
alert fires when it should and not before, and who scrapes may just that.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.metrics.catalogue import METRICS
from dashboard.metrics.scrapers import PATH
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.metrics import refused
from scripts import grafana_dashboard
from tests.deploy.checking import complaints
from tests.deploy.conftest import ROOT, Manifest
from tests.deploy.expressions import asked, grouped, wrong
from tests.deploy.programs import kustomized

HERE = Path(__file__).parent
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())
STORIES = HERE / "alerts.yaml"
ALERTS = {rule["alert"]: rule for group in RULES["spec"]["groups"] for rule in group["rules"]}
DASHBOARD = json.loads((ROOT / "deploy/grafana/baton.json").read_text())
EXPRESSIONS = [
    (panel["title"], target["expr"])
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", ())
] + [(marked["name"], marked["expr"]) for marked in DASHBOARD["annotations"]["list"]]
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*", "$namespace": ".*", "$kind": ".*"}


def promtool(*arguments: str | Path) -> str:
    """Run it; fails with what it says where it complains."""
    found = shutil.which("promtool")
    assert found, "promtool is not installed; make install brings it"
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    return kustomized("deploy/monitoring")


def the(kind: str, manifests: list[Manifest]) -> Manifest:
    (found,) = [each for each in manifests if each["kind"] == kind]
    return found


def test_the_api_takes_each_object(manifests: list[Manifest]) -> None:
    assert [complaint for each in manifests for complaint in complaints(each)] == []


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(RULES["spec"]))
    assert f"SUCCESS: {len(ALERTS)} rules found" in promtool("check", "rules", rules)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_asks_for_what_is_given_out(alert: str) -> None:
    rule = ALERTS[alert]
    assert wrong(rule["expr"]) == []
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    labels = re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))
    by = re.search(r"by \(([^)]*)\)", rule["expr"])
    assert set(labels) <= set(by[1].split(", ") if by else ())


def test_each_alert_fires_when_it_should_and_not_before(tmp_path: Path) -> None:
    bare = json.loads(json.dumps(RULES["spec"]))
    for group in bare["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]  # A story would have to repeat them word by word.
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(bare))
    stories = yaml.safe_load(STORIES.read_text())
    (tmp_path / "alerts.yaml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "30s", **stories})
    )
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "alerts.yaml")
    looked = [each for story in stories["tests"] for each in story["alert_rule_test"]]
    fired = {each["alertname"] for each in looked if each["exp_alerts"]}
    quiet = {each["alertname"] for each in looked if not each["exp_alerts"]}
    assert fired == quiet == set(ALERTS)


def test_stories_tell_of_series_that_are_given_out() -> None:
    for story in yaml.safe_load(STORIES.read_text())["tests"]:
        for each in story["input_series"]:
            assert wrong(each["series"]) == [], each


def test_values_of_labels_that_alerts_choose_by_occur() -> None:
    from dashboard.kinds import WORDS
    from dashboard.metrics.tallies import signed_in

    known = {
        "state": {word.replace(" ", "-") for word in WORDS} | {"missing", "unreadable"},
        "what": {*refused.so_far(), "versions", "traces", "revisions"},
        "outcome": set(signed_in.so_far()),
        "diagnosis": {"withheld", *DIAGNOSES},
    }
    for rule in ALERTS.values():
        for label, values in re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"', rule["expr"]):
            assert set(values.split("|")) <= known[label], rule["alert"]


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS, ids=[t for t, _ in EXPRESSIONS])
def test_a_panel_asks_for_what_is_given_out(title: str, expression: str) -> None:
    assert wrong(expression) == []


def test_prometheus_can_read_each_panel(tmp_path: Path) -> None:
    rules = []
    for number, (_, expression) in enumerate(EXPRESSIONS):
        whole = re.sub(r"\$\w+", lambda found: VARIABLES[found[0]], expression)
        rules.append({"record": f"panel:{number}", "expr": whole})
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"SUCCESS: {len(EXPRESSIONS)} rules found" in promtool("check", "rules", file)


def test_the_dashboard_is_what_its_declaration_makes() -> None:
    written = grafana_dashboard.FILE.read_text(encoding="utf-8")
    assert written == grafana_dashboard.text(), "run scripts/grafana_dashboard.py"
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for variable in DASHBOARD["templating"]["list"][1:]:
        name, label = re.findall(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])[0]
        assert label in {*METRICS[name].labels, "instance"}


@pytest.mark.parametrize("marked", DASHBOARD["annotations"]["list"], ids=lambda each: each["name"])
def test_a_mark_is_named_by_labels_that_its_expression_leaves(marked: dict[str, Any]) -> None:
    named = set(re.findall(r"{{(\w+)}}", marked["titleFormat"])) | {*marked["tagKeys"].split(",")}
    assert named
    assert named <= grouped(marked["expr"])


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= grafana_dashboard.COLUMNS
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not taken & cells, panel["title"]
        taken |= cells


def test_a_wrong_name_would_be_found() -> None:
    assert wrong("sum(baton_made_up)") == ["no metric 'baton_made_up'"]
    assert wrong('baton_watches{states="watching"}') == ["baton_watches has no label states"]
    assert wrong("sum by (kinds) (baton_traces)") == ["nothing has the label kinds"]
    assert wrong("vector(1)") == ["it asks for no metric of Baton's"]
    assert wrong("rate(baton_loop_delay_seconds[5m])") != []
    assert wrong('sum by (le) (rate(baton_loop_delay_seconds_bucket{le!=""}[5m]))') == []
    assert [each.metric.name for each in asked('baton_live{x="baton_gaps_total"}')] == [
        "baton_live"
    ]


def test_who_scrapes_may_get_metrics_and_see_what_baton_sees_and_nothing_else(
    manifests: list[Manifest],
) -> None:
    role = the("ClusterRole", manifests)
    urls = [rule for rule in role["rules"] if "nonResourceURLs" in rule]
    assert urls == [{"nonResourceURLs": [PATH], "verbs": ["get"]}]
    seen = {
        (group, resource)
        for each in yaml.safe_load_all((ROOT / "deploy/base/permissions.yaml").read_text())
        if each["kind"] == "ClusterRole"
        for rule in each["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    for rule in role["rules"]:
        if rule not in urls:
            assert rule["verbs"] == ["list", "watch"]
            named = {(group, each) for group in rule["apiGroups"] for each in rule["resources"]}
            assert named <= seen


def test_the_monitor_finds_baton_and_sends_the_token_of_who_scrapes(
    manifests: list[Manifest], request: pytest.FixtureRequest
) -> None:
    monitor, secret = the("ServiceMonitor", manifests), the("Secret", manifests)
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["path"] == PATH
    assert endpoint["authorization"]["credentials"] == {
        "name": secret["metadata"]["name"],
        "key": "token",
    }
    account = the("ServiceAccount", manifests)["metadata"]["name"]
    assert secret["metadata"]["annotations"]["kubernetes.io/service-account.name"] == account
    (subject,) = the("ClusterRoleBinding", manifests)["subjects"]
    assert subject["name"] == account
    base = list(yaml.safe_load_all((ROOT / "deploy/base/service.yaml").read_text()))
    labels: dict[str, Any] = base[0]["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    deployment = yaml.safe_load((ROOT / "deploy/base/deployment.yaml").read_text())
    pod = deployment["spec"]["template"]
    ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
    policy = the("NetworkPolicy", manifests)["spec"]
    assert endpoint["targetPort"] in ports
    assert policy["ingress"][0]["ports"][0]["port"] in ports
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_all_of_it_is_what_the_api_takes_and_lies_beside_baton(manifests: list[Manifest]) -> None:
    for each in manifests:
        assert list(complaints(each)) == []
        spaces = {"ClusterRole", "ClusterRoleBinding"}
        assert (each["metadata"].get("namespace") == "baton") == (each["kind"] not in spaces)
        assert each["metadata"]["labels"]["app.kubernetes.io/name"] == "baton"
    board = the("ConfigMap", manifests)
    assert json.loads(board["data"]["baton.json"]) == DASHBOARD
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
