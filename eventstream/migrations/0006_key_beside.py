# Written by hand: the key of the digests moves out of the database, into a file beside it.

from pathlib import Path
from typing import Any

from django.db import migrations

from eventstream import private
from eventstream.migrations._earlier import of_sqlite


def move_out(apps: Any, schema_editor: Any) -> None:
    """Write the key into the file first, so that no crash between loses it."""
    rows = apps.get_model("eventstream", "InstallationRow").objects
    # What is overwritten or freed from here on is filled with zeros.
    schema_editor.execute("PRAGMA secure_delete = ON")
    row = rows.using(schema_editor.connection.alias).first()
    if row is None:
        return
    database = Path(str(schema_editor.connection.settings_dict["NAME"]))
    key = bytes(row.redaction_key)
    private.write_file(database.with_suffix(".key"), key.hex().encode() + b"\n")
    row.redaction_key = bytes(len(key))
    row.save(update_fields=["redaction_key"])


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0005_moments"),
    ]

    operations = [
        migrations.RunPython(of_sqlite(move_out), migrations.RunPython.noop),
        migrations.RemoveField(model_name="installationrow", name="redaction_key"),
    ]
