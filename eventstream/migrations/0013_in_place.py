# Written by hand: the traces of a namespace and a type are read in the order of an index, and so is
# what somebody holds.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0012_search"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="tracerow", name="trace_counted"),
        migrations.AddIndex(
            model_name="tracerow",
            index=models.Index(
                fields=["background", "namespace", "type", "state", "-updated"],
                name="trace_in_place",
            ),
        ),
        migrations.AddIndex(
            model_name="tracerow",
            index=models.Index(
                fields=["holder"], condition=models.Q(holder__gt=""), name="trace_held"
            ),
        ),
    ]
