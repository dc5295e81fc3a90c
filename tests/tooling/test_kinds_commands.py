"""`--health` and `--kinds` on the command line: what people have already is used, or refused."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

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
