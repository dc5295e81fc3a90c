"""Health scripts in Lua: what they answer, and what none of them can do."""

from pathlib import Path

import pytest

from eventstream.kinds.scripts import read_scripts
from eventstream.objects.health.scripts import ScriptError, Scripts

READY = """
local hs = {}
if obj.status ~= nil and obj.status.ready then
  hs.status = "Healthy"
  hs.message = obj.metadata.name .. " is ready"
  return hs
end
for i, one in ipairs(obj.status and obj.status.conditions or {}) do
  if one.type == "Broken" and one.status == "True" then
    hs.status, hs.message = "Degraded", one.message
    return hs
  end
end
hs.status, hs.message = "Progressing", "waiting"
return hs
"""


def answer(source: str, status: object = None) -> tuple[str, str, str]:
    found = {"metadata": {"name": "one"}, "status": status or {}}
    health = Scripts({("example.org", "Widget"): source}).judge("example.org", "Widget", found)
    assert health is not None
    assert health.basis == "script"
    return health.state, health.message, health.by


def test_a_script_judges_by_the_whole_object() -> None:
    by = "health script example.org/Widget answers"
    assert answer(READY, {"ready": True}) == ("complete", "one is ready", f"{by} Healthy")
    broken = {"conditions": [{"type": "Broken", "status": "True", "message": "no disk"}]}
    assert answer(READY, broken) == ("failed", "no disk", f"{by} Degraded")
    assert answer(READY) == ("progressing", "waiting", f"{by} Progressing")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("while true do end", "takes more than 2000000 steps"),
        ("while true do pcall(function() while true do end end) end", "takes more than"),
        ("local s = 'x' while true do s = s .. s end", "not enough memory"),
        ("return obj.nothing.at.all", "attempt to index field 'nothing'"),
        ("return 1", "returns no table"),
        ("", "returns no table"),
        ("error('no luck', 0)", "no luck"),
        ("return {status = 'Splendid'}", "answers 'Splendid'"),
        ("return io.open('/etc/passwd')", "attempt to index global 'io'"),
        ("return os.execute('true')", "attempt to call field 'execute'"),
        ("return require('io')", "no module io"),
        ("return string.dump(print)", "attempt to call field 'dump'"),
        ("return load('return 1')", "attempt to call global 'load'"),
        ("return python.eval('1')", "attempt to index global 'python'"),
        ("return debug.getinfo(1)", "attempt to index global 'debug'"),
        ("return getmetatable('').__index", "attempt to call global 'getmetatable'"),
    ],
)
def test_a_script_that_fails_leaves_it_unknown_and_says_why(source: str, why: str) -> None:
    state, message, by = answer(source)
    assert (state, message) == ("unknown", "")
    assert why in by


def test_no_script_leaves_anything_behind_for_the_next() -> None:
    scripts = Scripts(
        {
            ("a", "K"): "string.find, pairs, left = nil, nil, 1; return {status = 'Healthy'}",
            ("b", "K"): "return {status = ('x'):find('x') and pairs and not left and 'Healthy'}",
        }
    )
    for group in ("a", "b", "a", "b"):
        health = scripts.judge(group, "K", {})
        assert health is not None
        assert health.state == "complete"


def test_a_long_text_is_cut_for_a_pattern_that_could_take_for_ever() -> None:
    source = "return {status = 'Healthy', message = tostring(obj.status.t:find('.-.-.-.-b'))}"
    assert answer(source, {"t": "a" * 50_000})[:2] == ("complete", "nil")
    found = "return {status = 'Healthy', message = tostring(obj.status.t:find('needle'))}"
    assert answer(found, {"t": "a" * 5_000 + "needle"})[1] == "5001"


def test_a_pattern_of_many_repetitions_reads_a_whole_time() -> None:
    time = "(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)Z"
    source = f"return {{status = 'Healthy', message = ({{obj.status.t:match('{time}')}})[6]}}"
    assert answer(source, {"t": "2026-11-29T12:30:59Z"})[:2] == ("complete", "59")


def test_an_underscore_stands_for_any_kind_or_group() -> None:
    scripts = Scripts({("_.example.org", "_"): "return {status = 'Suspended'}"})
    assert scripts.judge("example.org", "Widget", {}) is None
    health = scripts.judge("apps.eu.example.org", "Widget", {})
    assert health is not None
    assert health.state == "suspended"


MAP = """
kind: ConfigMap
metadata: {name: argocd-cm}
data:
  resource.customizations.health.example.org_Widget: |
    return {status = "Healthy"}
  resource.customizations: |
    old.example.org/Gadget:
      health.lua: |
        return {status = "Degraded", message = "old"}
"""


def test_scripts_are_found_as_people_have_them(tmp_path: Path) -> None:
    directory = tmp_path / "scripts"
    (directory / "example.org" / "Widget").mkdir(parents=True)
    (directory / "example.org" / "Widget" / "health.lua").write_text(READY)
    assert read_scripts(directory).has("example.org", "Widget")
    manifest = tmp_path / "argocd-cm.yaml"
    manifest.write_text(MAP)
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    key = "resource.customizations.health.example.org_Widget"
    (mounted / key).write_text("return {status = 'Healthy'}")
    assert read_scripts(manifest).has("example.org", "Widget")
    assert read_scripts(manifest).has("old.example.org", "Gadget")
    assert read_scripts(mounted).has("example.org", "Widget")


def test_a_file_that_is_no_script_is_named_with_its_line(tmp_path: Path) -> None:
    script = tmp_path / "example.org" / "Widget" / "health.lua"
    script.parent.mkdir(parents=True)
    script.write_text("local hs = {}\nif then")
    with pytest.raises(ScriptError, match=r"example\.org/Widget:2: unexpected symbol near 'then'"):
        read_scripts(tmp_path)
    with pytest.raises(ScriptError, match="no health script: expected GROUP/KIND"):
        read_scripts(tmp_path / "example.org" / "Widget")
    with pytest.raises(ScriptError, match="cannot be read"):
        read_scripts(tmp_path / "nowhere")
