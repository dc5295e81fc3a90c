# Written by hand: who sees a namespace is not to wait for the steps of all others to be looked at.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0007_types"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="steprow",
            index=models.Index(fields=["namespace", "type", "actor"], name="step_in_place"),
        ),
    ]
