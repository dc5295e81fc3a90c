# Written by hand: by which words an index has those are found that begin alike.

from typing import Any

from django.db import migrations


def _make(_: Any, schema: Any) -> None:
    for statement in schema.connection.dialect.index_more_made():
        schema.execute(statement)


def _drop(_: Any, schema: Any) -> None:
    for statement in schema.connection.dialect.index_more_gone():
        schema.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0013_in_place"),
    ]

    operations = [
        migrations.RunPython(_make, _drop),
    ]
