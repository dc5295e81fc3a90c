# Written by hand: whoever begins to write says so, and whoever wrote before commits nothing more.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0010_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="installationrow",
            name="writer",
            field=models.TextField(default=""),
        ),
    ]
