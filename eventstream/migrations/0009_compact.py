# Written by hand: what many rows say is said once, and bodies are packed. All rows are kept.

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from eventstream.fields import IdField, NumberField, UidField
from eventstream.migrations._compact import convert
from eventstream.postgresql import VACUUMED


def _means(model: str) -> Any:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=f"eventstream.{model}",
    )


def _make_memos(_: Any, schema: Any) -> None:
    """The rows of a trace lie together and are deleted together, so the key is the table."""
    sqlite = schema.connection.vendor == "sqlite"
    end = "WITHOUT ROWID" if sqlite else f"WITH {VACUUMED}"
    number, bytes_ = ("integer", "BLOB") if sqlite else ("bigint", "bytea")
    schema.execute(
        f"CREATE TABLE eventstream_memorow (trace_id {number} NOT NULL, step {bytes_} NOT NULL, "
        f"body {bytes_} NOT NULL, PRIMARY KEY (trace_id, step)) {end}"
    )


def _drop_memos(_: Any, schema: Any) -> None:
    schema.execute("DROP TABLE eventstream_memorow")


_MEMOS = migrations.CreateModel(
    name="MemoRow",
    fields=[
        (
            "pk",
            models.CompositePrimaryKey(
                "trace", "step", blank=True, editable=False, primary_key=True, serialize=False
            ),
        ),
        ("trace", _means("tracekeyrow")),
        ("step", IdField()),
        ("body", models.BinaryField()),
    ],
    options={"abstract": False},
)

_NAMES = [
    migrations.CreateModel(
        name="NameRow",
        fields=[
            ("id", NumberField(primary_key=True, serialize=False)),
            ("name", models.TextField(unique=True)),
        ],
        options={"abstract": False},
    ),
    migrations.CreateModel(
        name="PlaceRow",
        fields=[
            ("id", NumberField(primary_key=True, serialize=False)),
            ("namespace", models.TextField()),
            ("kind", models.TextField()),
            ("type", models.TextField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("namespace", "type", "kind"), name="place_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="ObjectRow",
        fields=[
            ("id", NumberField(primary_key=True, serialize=False)),
            ("uid", UidField()),
            ("api_version", models.TextField()),
            ("name", models.TextField()),
        ],
        options={"indexes": [models.Index(fields=["uid"], name="object_uid")]},
    ),
    migrations.CreateModel(
        name="TraceKeyRow",
        fields=[
            ("number", NumberField(primary_key=True, serialize=False)),
            ("id", IdField(unique=True)),
        ],
        options={"abstract": False},
    ),
    migrations.AddField(
        model_name="installationrow",
        name="names",
        field=models.BigIntegerField(default=0),
    ),
]

_STEPS = migrations.CreateModel(
    name="StepRow",
    fields=[
        ("seq", NumberField(primary_key=True, serialize=False)),
        ("id", IdField(unique=True)),
        ("trace", _means("tracekeyrow")),
        ("revision", models.PositiveIntegerField()),
        ("sort", models.BinaryField()),
        ("at", models.BigIntegerField()),
        ("place", _means("placerow")),
        ("object", _means("objectrow")),
        ("actor", _means("namerow")),
        ("body", models.BinaryField()),
    ],
)

_TRACES = migrations.CreateModel(
    name="TraceRow",
    fields=[
        ("number", NumberField(primary_key=True, serialize=False)),
        ("id", IdField()),
        ("seq", models.BigIntegerField(unique=True)),
        ("revision", models.PositiveIntegerField()),
        ("rank", models.PositiveSmallIntegerField()),
        ("state", models.TextField()),
        ("started", models.FloatField()),
        ("updated", models.FloatField()),
        ("namespace", models.TextField()),
        ("kind", models.TextField()),
        ("type", models.TextField()),
        ("name", models.TextField()),
        ("title", models.TextField()),
        ("holder", models.TextField()),
        ("settled", models.BooleanField()),
        ("background", models.BooleanField()),
        ("existing", models.BooleanField()),
        ("body", models.BinaryField()),
    ],
)

_IMAGES = migrations.CreateModel(
    name="ImageRow",
    fields=[
        ("uid", UidField(primary_key=True, serialize=False)),
        ("resource", _means("namerow")),
        ("place", _means("placerow")),
        ("name", models.TextField()),
        ("owner", UidField()),
        ("node", models.TextField()),
        ("state", models.TextField()),
        ("body", models.BinaryField()),
    ],
)

_REPLACED = ("StepRow", "TraceRow", "ImageRow")

_BEFORE = {
    "steprow": (
        (["trace", "sort_key", "id"], "step_in_order"),
        (["trace", "seq"], "step_in_trace"),
        (["actor", "trace"], "step_actor"),
        (["uid", "sort_key"], "step_of_object"),
        (["at", "actor"], "step_in_time"),
        (["namespace", "type", "actor"], "step_in_place"),
    ),
    "tracerow": (
        (["rank", "-updated", "id"], "trace_in_order"),
        (["settled", "seq"], "trace_settled"),
        (["background", "namespace", "state"], "trace_counted"),
    ),
    "imagerow": (
        (["owner", "kind", "name"], "image_of_owner"),
        (["kind", "namespace", "state", "node"], "image_in_place"),
    ),
}

_AFTER = {
    "steprow": (
        (["trace", "sort"], "step_in_order"),
        (["object", "sort"], "step_of_object"),
        (["at"], "step_in_time"),
        (["actor", "trace"], "step_of_actor"),
        (["place", "at"], "step_at_place"),
    ),
    "tracerow": _BEFORE["tracerow"],
    "imagerow": (
        (["resource"], "image_of_resource"),
        (["owner"], "image_of_owner"),
        (["place", "state", "node"], "image_in_place"),
    ),
}


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0008_step_in_place"),
    ]

    operations = [
        # Names of indexes are one each in a database, so the old ones make way for the new.
        *(
            migrations.RemoveIndex(model_name=model, name=name)
            for model, indexes in _BEFORE.items()
            for _, name in indexes
        ),
        *(migrations.RenameModel(name, f"Old{name}") for name in _REPLACED),
        *_NAMES,
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(_make_memos, _drop_memos)], [_MEMOS]
        ),
        _STEPS,
        _TRACES,
        _IMAGES,
        migrations.RunPython(convert, migrations.RunPython.noop),
        *(
            migrations.AddIndex(model_name=model, index=models.Index(fields=fields, name=name))
            for model, indexes in _AFTER.items()
            for fields, name in indexes
        ),
        *(migrations.DeleteModel(f"Old{name}") for name in _REPLACED),
    ]
