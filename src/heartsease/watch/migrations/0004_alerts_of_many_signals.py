"""An alert tells of all its changes, and a supervisor may let a kind of alert rest."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def link(apps, schema_editor):
    """Link each alert with its change, and with those that were added while it was open."""
    Alert, Signal = apps.get_model("watch", "Alert"), apps.get_model("watch", "Signal")
    for alert in Alert.objects.filter(kind="change").iterator():
        told = Signal.objects.filter(
            person_id=alert.person_id, stream=alert.stream, noticed_at__gte=alert.opened_at
        )
        if alert.ended_at is not None:
            told = told.filter(noticed_at__lt=alert.ended_at)
        own = set(told.values_list("pk", flat=True)) | {alert.signal_id} - {None}
        alert.signals.add(*own)


class Migration(migrations.Migration):
    dependencies = [
        ("watch", "0003_outcome"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="signals",
            field=models.ManyToManyField(related_name="alerts", to="watch.signal"),
        ),
        migrations.RunPython(link, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Rest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("way", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"abstract": False},
        ),
    ]
