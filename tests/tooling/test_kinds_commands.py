"""`--health` and `--kinds` on the command line: what people have already is used, or refused."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from eventstream.management.commands import judge

WIDGET = {
    "apiVersion": "example.org/v1",
    "kind": "Widget",
    "metadata": {"name": "one", "namespace": "shop", "uid": "u", "resourceVersion": "5"},
    "spec": {"colour": "vermilion"},
    "status": {"mood": "sour", "why": "it rains"},
}
SCRIPT = """
local hs = {status = "Healthy", message = ""}
if obj.spec.colour == "vermilion" and obj.status.mood == "sour" then
  hs.status, hs.message = "Degraded", "a red one is sour: " .. obj.status.why
end
return hs
"""
KIND = """
group: example.org
kinds: [Widget]
source: https://example.org
rules:
  - is: suspended
    when: at('status.mood') == 'sour'
    message: at('status.why')
"""


def explained(tmp_path: Path, *options: str) -> tuple[str, str]:
    """State and summary of the widget's trace, as `manage.py explain` prints them."""
    tape = tmp_path / "tape.jsonl"
    listed = {"kind": "WidgetList", "apiVersion": "example.org/v1", "items": [WIDGET]} | {
        "metadata": {"resourceVersion": "6"}
    }
    line = {"t": 1795392600, "resource": "example.org/v1/widgets", "type": "LIST"}
    tape.write_text(json.dumps(line | {"object": listed}) + "\n")
    out = StringIO()
    call_command("explain", str(tape), *options, stdout=out)
    records = [json.loads(record) for record in out.getvalue().splitlines()]
    [trace] = [record for record in records if record["record"] == "trace"]
    assert "vermilion" not in out.getvalue()
    return trace["state"], trace["summary"]


def test_a_health_script_judges_before_anything_is_hidden(tmp_path: Path) -> None:
    script = tmp_path / "health" / "example.org" / "Widget" / "health.lua"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    assert explained(tmp_path, "--health", str(tmp_path / "health")) == (
        "stalled",
        (
            "Widget one is not as asked for: health script example.org/Widget answers Degraded. "
            "It says: a red one is sour: it rains."
        ),
    )


def test_a_file_of_kinds_judges_what_nobody_taught(tmp_path: Path) -> None:
    kinds = tmp_path / "kinds"
    kinds.mkdir()
    (kinds / "widget.yaml").write_text(KIND)
    assert explained(tmp_path, "--kinds", str(kinds)) == (
        "stalled",
        "Widget one is suspended: it rains.",
    )


def test_what_is_wrong_is_refused_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"--kinds .*: there is nothing of that name"):
        explained(tmp_path, "--kinds", str(tmp_path / "nowhere"))
    kinds = tmp_path / "kinds"
    kinds.mkdir()
    (kinds / "widget.yaml").write_text(KIND.replace("suspended", "sour"))
    with pytest.raises(CommandError, match=r"widget\.yaml, line 6: Invalid enum value 'sour'"):
        explained(tmp_path, "--kinds", str(kinds))
    with pytest.raises(CommandError, match="no health script: expected"):
        explained(tmp_path, "--health", str(kinds))


def held_by(tmp_path: Path, kind: str) -> str:
    """Who holds the widget, by that file of kinds."""
    kinds = tmp_path / f"kinds-{len(kind)}"
    kinds.mkdir()
    (kinds / "widget.yaml").write_text(kind)
    out = StringIO()
    explained(tmp_path, "--kinds", str(kinds))
    call_command("explain", str(tmp_path / "tape.jsonl"), "--kinds", str(kinds), stdout=out)
    records = [json.loads(record) for record in out.getvalue().splitlines()]
    [holder] = [record["holder"] for record in records if record["record"] == "trace"]
    return str(holder)


def test_what_rests_is_a_persons_turn_only_where_its_rule_says_so(tmp_path: Path) -> None:
    assert held_by(tmp_path, KIND + "    holder: client\n") == "client"
    assert held_by(tmp_path, KIND + "lookedAfterBy: widget-operator\n") == "custom-controller"


def judged(*arguments: str) -> str:
    """What `manage.py judge` prints."""
    out = StringIO()
    call_command("judge", *arguments, stdout=out)
    return out.getvalue()


WHEN = "2026-01-01T00:00:00Z"
MANIFEST = f"""
apiVersion: v1
kind: List
items:
- apiVersion: example.org/v1
  kind: Widget
  metadata: {{name: one, creationTimestamp: {WHEN}}}
  spec: {{store: s}}
  status: {{mood: sour, why: it rains}}
---
apiVersion: example.org/v1
kind: Gadget
metadata: {{name: two}}
status: {{phase: Running, conditions: [{{type: Ready, status: "False", reason: SyncError,
  lastTransitionTime: {WHEN}}}]}}
---
{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: three}}}}
---
{{apiVersion: example.org/v1, kind: Gadget}}
"""


def test_a_file_of_kinds_can_be_tried_with_an_object(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "widget.yaml").write_text(KIND)
    manifest = tmp_path / "all.yaml"
    manifest.write_text(MANIFEST)
    assert judged(str(manifest), "--kinds", str(tmp_path / "kinds")) == (
        "Widget one: suspended\n"
        "  as at('status.mood') == 'sour' holds\n"
        "  by the file of its kind\n"
        "  it says: it rains\n"
        "  the turn is with: its controller, whose name no file says\n"
        "Gadget two: failed\n"
        "  as condition Ready is False\n"
        "  by conventions that operators share\n"
        "  it says: SyncError\n"
        f"  since {WHEN}\n"
        "  the turn is with: its controller, whose name no file says\n"
        "Deployment three: apps/v1 is Kubernetes' own; Baton has rules for it, and asks no file.\n"
        "Gadget (without a name): unknown\n"
        "  it has no status that anything could be read from\n"
    )


def test_it_says_what_is_waited_for_and_that_it_may_take_long(tmp_path: Path) -> None:
    run = {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "Workload", "metadata": {"name": "w"}}
    waits = {"type": "QuotaReserved", "status": "False", "reason": "Pending"}
    run |= {"spec": {"queueName": "own"}, "status": {"conditions": [waits]}}
    manifest = tmp_path / "run.json"
    manifest.write_text(json.dumps(run))
    found = judged(str(manifest))
    assert "  the turn is with: kueue-controller-manager\n" in found
    assert "  however long it takes, that is not unusual\n" in found
    assert "  waits for LocalQueue.kueue.x-k8s.io/own, if that is not as asked for\n" in found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read"),
        ("", "there is no object in it"),
        ("- a\n", "what has no kind is no object"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_holds_no_object_is_refused(tmp_path: Path, text: str | None, why: str) -> None:
    manifest = tmp_path / "bad.yaml"
    if text is not None:
        manifest.write_text(text)
    with pytest.raises(CommandError, match=why):
        judged(str(manifest))


def test_a_manifest_that_is_too_long_is_refused_rather_than_judged_by_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(WIDGET)
    (tmp_path / "widget.yaml").write_text(f"{text}\n---\n{{kind: Widget, more: 1}}\n")
    monkeypatch.setattr(judge, "_LETTERS_MOST", len(text))
    with pytest.raises(CommandError, match="longer than"):
        judged(str(tmp_path / "widget.yaml"))
    monkeypatch.setattr(judge, "_LETTERS_MOST", 10 * len(text))
    assert "Widget one" in judged(str(tmp_path / "widget.yaml"))
