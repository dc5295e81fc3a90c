"""Files that declare kinds: what they say of an object, and how a wrong one is refused."""

import re
from pathlib import Path
from typing import Any

import pytest

from eventstream.kinds.files import KindFileError, read_kinds
from eventstream.objects.health.judging import Judge
from eventstream.objects.health.records import Health

WIDGET = """
group: example.org
kinds: [Widget]
source: https://example.org/docs
lookedAfterBy: widget-operator
shows: [status.why, status.deep.word]
rules:
  - is: failed
    when: condition('Broken').status == 'True' || at('status.word') == 'bad'
    message: condition('Broken').message + at('status.why')
    since: condition('Broken').lastTransitionTime
  - is: suspended
    when: has(spec.rest) && spec.rest
    holder: client
  - is: complete
    when: count('status.items') == 2 && status.missing.field == 'x'
  - is: complete
    when: count('status.items') == 2
"""


def judge_of(tmp_path: Path, text: str) -> Judge:
    (tmp_path / "kinds.yaml").write_text(text)
    return Judge(read_kinds(tmp_path))


def said(judge: Judge, status: Any, **spec: Any) -> Health:
    found = {"kind": "Widget", "metadata": {"generation": 1}, "spec": spec, "status": status}
    health = judge("example.org", "Widget", found)
    assert health is not None
    return health


def test_the_first_rule_that_applies_decides(tmp_path: Path) -> None:
    judge = judge_of(tmp_path, WIDGET)
    broken = {
        "type": "Broken",
        "status": "True",
        "message": "no disk",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    health = said(judge, {"conditions": [broken], "why": "!"}, rest=True)
    assert (health.state, health.message, health.since) == (
        "failed",
        "no disk!",
        "2026-01-01T00:00:00Z",
    )
    assert (health.basis, health.holder) == ("declared", "widget-operator")
    rests = said(judge, {"word": "good"}, rest=True)
    assert (rests.state, rests.holder) == ("suspended", "client")


def test_a_rule_that_reads_an_absent_field_does_not_apply(tmp_path: Path) -> None:
    assert said(judge_of(tmp_path, WIDGET), {"items": [1, 2]}).state == "complete"


def test_what_no_rule_reaches_is_left_to_the_conventions(tmp_path: Path) -> None:
    health = said(judge_of(tmp_path, WIDGET), {"phase": "Failed"})
    assert (health.state, health.basis, health.holder) == (
        "failed",
        "convention",
        "widget-operator",
    )


def test_an_object_that_is_looked_after_waits_for_its_status(tmp_path: Path) -> None:
    assert said(judge_of(tmp_path, WIDGET), None).state == "progressing"


def test_a_rule_that_cannot_be_asked_leaves_it_unknown(tmp_path: Path) -> None:
    text = WIDGET.replace("count('status.items') == 2\n", "count('status.items') + 'a' == 2\n")
    health = said(judge_of(tmp_path, text), {"items": []})
    assert health.state == "unknown"
    assert "rule 4 of its kind cannot be asked" in health.by


def test_only_the_texts_that_a_file_names_are_shown(tmp_path: Path) -> None:
    assert judge_of(tmp_path, WIDGET).shows("example.org", "Widget") == {"why", "deep.word"}
    assert judge_of(tmp_path, WIDGET).shows("example.org", "Other") == frozenset()


def test_a_star_stands_for_any(tmp_path: Path) -> None:
    text = (
        "group: '*.example.org'\nkinds: ['*']\nsource: https://example.org\nrules: [{is: failed}]"
    )
    judge = judge_of(tmp_path, text)
    health = judge("a.example.org", "Widget", {"status": {}})
    assert health is not None
    assert health.state == "failed"
    assert judge("example.org", "Widget", {"status": {}}) is None


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (
            "is: suspended",
            "is: resting",
            "line 12: Invalid enum value 'resting' (rules.1.is); it is",
        ),
        ("has(spec.rest) && spec.rest", "has(spec", "line 13: when is no CEL: Failed to parse"),
        (
            "lookedAfterBy",
            "lookedafter",
            "line 5: Object contains unknown field `lookedafter`; perhaps lookedAfterBy is meant",
        ),
        ("    holder:", "    hodler:", "unknown field `hodler` (rules.1); perhaps holder is meant"),
        ("kinds: [Widget]", "kinds: Widget", "line 3: Expected `array`, got `str` (kinds); a list"),
        ("kinds: [Widget]", "kinds: []", "line 3: kinds names none"),
        (
            "count('status.items') == 2\n",
            "cuont('status.items') == 2\n",
            "line 18: in when there is no function cuont; perhaps count is meant",
        ),
        (
            "has(spec.rest)",
            "has(sepc.rest)",
            "line 13: in when there is no name sepc; perhaps spec is meant",
        ),
        ("+ at('status.why')", "+ [1].join(',')", "line 10: in message there is no function join"),
        ("[status.why, status.deep.word]", "[why]", "line 6: shows: why is no path below status"),
        ("    holder: client", "    when: 'true'", "line 14: when stands here a second time"),
        (
            "when: has(spec.rest) && spec.rest",
            "when: true",
            "line 13: Expected `str`, got `bool` (rules.1.when); an expression has",
        ),
        ("when: has(spec.rest) && spec.rest", "when: {a: b}", "a text with a colon and a space"),
        ("when: has(spec.rest) && spec.rest", 'when: "a" == spec.b', "line 13: no YAML"),
        ("source: https://example.org/docs", "", "missing required field `source`"),
        ("rules:", "rules: [", "no YAML"),
        ("[Widget]", "[Widget, Widget]", "line 2: Widget is declared already"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, why: str
) -> None:
    with pytest.raises(KindFileError, match=re.escape(why)) as found:
        judge_of(tmp_path, WIDGET.replace(before, after))
    assert str(found.value).startswith(f"{tmp_path}/kinds.yaml, line ")


def test_a_mounted_configmap_is_read_once(tmp_path: Path) -> None:
    data = tmp_path / "..2026_11_29_03_50_00.1"
    data.mkdir()
    (data / "widget.yaml").write_text(WIDGET)
    (tmp_path / "..data").symlink_to(data.name)
    (tmp_path / "widget.yaml").symlink_to("..data/widget.yaml")
    assert set(read_kinds(tmp_path)) == {("example.org", "Widget")}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "kinds.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KindFileError, match=r"kinds\.yaml"):
        read_kinds(tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- group: example.org", "line 1: Expected `object`, got `array`; a file holds group"),
        ("hello", "line 1: Expected `object`, got `str`; a file holds group"),
        ("group: a.b\nkinds: [W]\nsource: x\nrules: &all [*all]", "line 4: Expected `object`"),
        (
            "\n".join(
                ["- &n0 [x, x]", *(f"- &n{n + 1} [*n{n}, *n{n}, *n{n}, *n{n}]" for n in range(40))]
            ),
            "line 1: Expected `object`, got `array`",
        ),
        ("group: a.b\n\tkinds: [W]", "line 2: no YAML"),
    ],
)
def test_what_is_no_declaration_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(KindFileError, match=re.escape(why)):
        judge_of(tmp_path, text)


def test_a_directory_without_files_is_refused_and_a_single_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(KindFileError, match=r"there is no \*\.yaml below it"):
        read_kinds(tmp_path)
    alone = tmp_path / "widget.yml"
    alone.write_text(f"---\n{WIDGET}---\n")
    assert set(read_kinds(alone)) == set(read_kinds(tmp_path)) == {("example.org", "Widget")}
