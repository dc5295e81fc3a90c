# Written by hand: rows are named by their type, by which is decided who may see them.

from typing import Any

from django.db import migrations, models

from eventstream.migrations._earlier import of_sqlite

_OF = "json_extract(CAST(body AS TEXT), '$.{}')"
_TYPE = (
    "CASE WHEN instr({version}, '/') > 0 "
    "THEN {kind} || '.' || substr({version}, 1, instr({version}, '/') - 1) ELSE {kind} END"
)


def _fill(_: Any, schema: Any) -> None:
    """Name what is kept already, by the version of the API that its struct has."""
    for table, version, kind in (
        ("steprow", "object.apiVersion", "kind"),
        ("tracerow", "root.apiVersion", "kind"),
        ("imagerow", "apiVersion", "kind"),
    ):
        type_ = _TYPE.format(version=f"coalesce({_OF.format(version)}, '')", kind=kind)
        schema.execute(f"UPDATE eventstream_{table} SET type = {type_}")  # noqa: S608 - of constants  # nosec B608
    refused = f"{_OF.format('change_type')} = 'REFUSED'"
    schema.execute(f"UPDATE eventstream_steprow SET type = '*' WHERE {refused}")  # noqa: S608  # nosec B608
    group, kind = (_OF.format(f"resource.{part}") for part in ("group", "kind"))
    named = f"CASE WHEN {group} <> '' THEN {kind} || '.' || {group} ELSE {kind} END"
    schema.execute(f"UPDATE eventstream_gaprow SET type = coalesce({named}, '')")  # noqa: S608  # nosec B608


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0006_key_beside"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="type",
                field=models.TextField(default=""),
            )
            for model in ("steprow", "tracerow", "imagerow", "gaprow")
        ),
        migrations.RunPython(of_sqlite(_fill), migrations.RunPython.noop),
    ]
