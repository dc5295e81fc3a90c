"""docs/history.md has every table and column, and no other."""

import re
from pathlib import Path

from django.apps import apps

from eventstream.packing import frames

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "history.md").read_text()


def documented() -> dict[str, list[str]]:
    """The columns of each table, as the document has them."""
    rows = re.findall(r"^\| `(\w+row)` \| ((?:`\w+`(?:, )?)+) \|", DOCUMENT, re.MULTILINE)
    return {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}


def test_the_document_has_each_table_with_its_columns_in_order() -> None:
    assert documented() == {
        model._meta.db_table.removeprefix("eventstream_"): [
            field.column for field in model._meta.concrete_fields if field.column
        ]
        for model in apps.get_app_config("eventstream").get_models()
    }


def test_the_document_names_what_is_there() -> None:
    root = Path(__file__).resolve().parents[2]
    for path in re.findall(r"`(eventstream/[\w/.]+)`", DOCUMENT):
        assert (root / path).exists(), path
    assert str(frames.DICTIONARIES.relative_to(root)) in DOCUMENT
    for struct, path in re.findall(r"`(\w+)` of `(eventstream/[\w/]+\.py)`", DOCUMENT):
        assert f"class {struct}(" in (root / path).read_text(), (struct, path)
