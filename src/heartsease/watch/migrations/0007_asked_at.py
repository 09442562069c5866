"""An alert waits since its owner was asked, and a way of changing rests at most once."""

import django.utils.timezone
from django.db import migrations, models


def one_a_way(apps, schema_editor):
    """Leave the longest rest of each way alone."""
    Rest = apps.get_model("watch", "Rest")
    seen = set()
    for row in Rest.objects.order_by("-until"):
        if row.way in seen:
            row.delete()
        seen.add(row.way)


def as_opened(apps, schema_editor):
    """Let what is open have been asked about since it was opened, as it counted before."""
    apps.get_model("watch", "Alert").objects.update(asked_at=models.F("opened_at"))


class Migration(migrations.Migration):
    dependencies = [("watch", "0006_looked")]

    operations = [
        migrations.RunPython(one_a_way, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="rest",
            name="way",
            field=models.CharField(max_length=40, unique=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="asked_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunPython(as_opened, migrations.RunPython.noop),
    ]
