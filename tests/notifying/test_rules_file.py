"""A file of rules that is wrong is refused with its line and what is meant, and no secret."""

from pathlib import Path

import pytest

from eventstream.notifying.rules import Rules, Secret
from eventstream.notifying.rulesfile import RulesError, read_rules, value_of

GOOD = """
dashboard: https://baton.example.com
targets:
  ops:
    webhook:
      url: {file: /etc/baton/notify/ops-url}
      headers:
        Authorization: {env: OPS_TOKEN}
  chat: {webhook: {url: {env: CHAT_URL}, format: text}}
rules:
  - name: shop
    namespaces: [shop, "team-*"]
    diagnoses: [image-not-found, crash-loop]
    after: 2m
    to: [ops, chat]
    quiet:
      - {zone: Europe/Berlin, begin: "22:00", end: "07:00"}
      - {zone: Europe/Berlin, days: [sat, sun]}
  - {name: rollouts, kinds: [Deployment.apps], events: [begun, complete], to: [chat]}
silences:
  - {namespaces: [dev], until: 2026-12-01T08:00:00Z, why: moving}
"""


def read(path: Path, text: str) -> Rules:
    (path / "rules.yaml").write_text(text)
    return read_rules(path / "rules.yaml")


def test_what_the_documentation_shows_is_read(tmp_path: Path) -> None:
    rules = read(tmp_path, GOOD)
    assert [rule.name for rule in rules.rules] == ["shop", "rollouts"]
    assert rules.targets["chat"].webhook.format == "text"
    assert rules.rules[1].events == ("begun", "complete")
    document = (Path(__file__).resolve().parents[2] / "docs" / "notifications.md").read_text()
    shown = document.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert read(tmp_path, shown).rules


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("to: [ops, chat]", "to: [opps]", 15, "there is no target opps; there are: ops, chat"),
        ("to: [ops, chat]", "to: []", 15, "to names nobody"),
        ("after: 2m", "after: soon", 14, "'soon' is no duration"),
        ("after: 2m", "afterwards: 2m", 14, "perhaps after is meant"),
        ("[image-not-found, crash-loop]", "[image-notfound]", 13, "perhaps image-not-found is"),
        ("Europe/Berlin, begin", "Europe/Bonn, begin", 17, "'Europe/Bonn' is no time zone"),
        ('begin: "22:00"', 'begin: "25:00"', 17, "'25:00' is no time of day"),
        ('begin: "22:00"', "begin: 22:00", 17, "it has to stand in quotes"),
        ("name: rollouts", "name: shop", 19, "a rule is called shop already"),
        ("events: [begun, complete]", "events: [began]", 19, "takes stalled, recovered, begun"),
        ("{file: /etc/baton/notify/ops-url}", "https://a", 3, "{file: PATH} or {env: NAME}"),
        ("after: 2m", "kinds: [deploy.apps]", 14, "perhaps Deployment.apps is meant"),
        ('[shop, "team-*"]', "shop", 12, "a list stands in [ ]"),
        ("T08:00:00Z", "T08:00:00", 21, "until needs its zone"),
        ("{file: /etc/baton/notify/ops-url}", "{}", 6, "url is read from one place"),
        ("{env: OPS_TOKEN}", "{env: A, file: b}", 8, "Authorization is read from one place"),
        ("https://baton", "ftp://baton", 2, "dashboard begins with https://"),
        ("format: text", "format: xml", 3, "format takes cloudevents, text, apprise"),
        ("targets:", "targets: [", 5, "no YAML"),
        ("    after: 2m\n", "    after: 2m\n    after: 3m\n", 15, "stands here a second time"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, said: str
) -> None:
    assert before in GOOD
    with pytest.raises(RulesError) as refused:
        read(tmp_path, GOOD.replace(before, after, 1))
    assert said in str(refused.value)
    assert f"rules.yaml, line {line}: " in str(refused.value)


def test_a_file_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        read_rules(tmp_path / "none.yaml")
    with pytest.raises(RulesError, match="it holds 0 documents"):
        read(tmp_path, "")


def test_a_secret_is_read_from_its_place_and_its_lack_told_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("https://example.com/hook?token=hush\n")
    monkeypatch.setenv("OPS_URL", "https://example.org/")
    assert value_of(Secret(file=str(tmp_path / "url"))) == "https://example.com/hook?token=hush"
    assert value_of(Secret(env="OPS_URL")) == "https://example.org/"
    with pytest.raises(ValueError, match="the variable NONE is not set"):
        value_of(Secret(env="NONE"))
    (tmp_path / "binary").write_bytes(b"\xff\xfehush")
    with pytest.raises(ValueError, match="it is no text") as refused:
        value_of(Secret(file=str(tmp_path / "binary")))
    assert "hush" not in str(refused.value)
