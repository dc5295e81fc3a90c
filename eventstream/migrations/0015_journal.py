# Written by hand: what only a restart needs of each commit is noted in one row.

from django.db import migrations, models

from eventstream.fields import NumberField


class Migration(migrations.Migration):
    dependencies = [
        ("eventstream", "0014_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalRow",
            fields=[
                ("number", NumberField(primary_key=True, serialize=False)),
                ("body", models.BinaryField()),
            ],
            options={"abstract": False},
        ),
    ]
