"""`manage.py notify` says what a file of rules is worth, and tries its targets."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.notifying.receiver import receiving
from tests.notifying.test_delivery import RULES


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("notify", *arguments, stdout=out)
    return out.getvalue()


def test_it_says_what_a_file_holds_or_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    assert said(str(path)) == "1 rule; targets: ops, chat.\n"
    path.write_text(RULES.replace("to: [ops]", "to: [nobody]"))
    with pytest.raises(CommandError, match="line 7: there is no target nobody"):
        said(str(path))


def test_it_sends_a_test_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    monkeypatch.setenv("OPS_TOKEN", "hush")
    with receiving() as ops:
        monkeypatch.setenv("OPS_URL", ops.url)
        assert said(str(path), "--send", "ops") == "ops took it.\n"
        ops.answers = [(403, {})]
        with pytest.raises(CommandError, match="ops did not take it: it answered 403"):
            said(str(path), "--send", "ops")
    assert ops.came[0][2]["type"] == "baton.test"
    assert "This is a test" in ops.came[0][2]["data"]["text"]
    with pytest.raises(CommandError, match="There is no target none; there are: ops, chat"):
        said(str(path), "--send", "none")
