# Written by hand: the traces of a type, too, are read in the order of an index.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0015_journal"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="tracerow",
            index=models.Index(
                fields=["background", "type", "state", "-updated"], name="trace_of_type"
            ),
        ),
    ]
