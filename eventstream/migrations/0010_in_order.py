# Written by hand: what is listed by time is read in the order of an index, and no more of it.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0009_compact"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="steprow",
            index=models.Index(fields=["actor", "at"], name="step_by_actor"),
        ),
        migrations.AddIndex(
            model_name="tracerow",
            index=models.Index(fields=["name", "namespace"], name="trace_of_root"),
        ),
    ]
