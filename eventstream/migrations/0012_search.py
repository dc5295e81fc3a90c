# Written by hand: a full-text search. What names are found by is made at once; the words of steps
# and traces, of which there are far more, are taken in by whoever writes, a little at a time.

from typing import Any

from django.db import migrations, models
from django.db.models import F


def _make(_: Any, schema: Any) -> None:
    for statement in schema.connection.dialect.index_made():
        schema.execute(statement)


def _drop(_: Any, schema: Any) -> None:
    for statement in schema.connection.dialect.index_gone():
        schema.execute(statement)


def _mark(apps: Any, _: Any) -> None:
    apps.get_model("eventstream", "InstallationRow").objects.update(unsearched=F("seq"))


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0011_writer"),
    ]

    operations = [
        migrations.AddField(
            model_name="installationrow",
            name="unsearched",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(_mark, migrations.RunPython.noop),
        migrations.RunPython(_make, _drop),
        migrations.AddIndex(
            model_name="imagerow",
            index=models.Index(fields=["name", "place"], name="image_by_name"),
        ),
    ]
