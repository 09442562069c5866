"""When an alert was first taken, and first escalated, stays when it changes hands."""

from django.db import migrations, models


def as_known(apps, schema_editor):
    """What is known of alerts that are there is the last time; most had only one."""
    apps.get_model("watch", "Alert").objects.update(
        first_taken_at=models.F("acknowledged_at"), first_escalated_at=models.F("escalated_at")
    )


class Migration(migrations.Migration):
    dependencies = [("watch", "0007_asked_at")]

    operations = [
        migrations.AddField("alert", "first_taken_at", models.DateTimeField(null=True)),
        migrations.AddField("alert", "first_escalated_at", models.DateTimeField(null=True)),
        migrations.RunPython(as_known, migrations.RunPython.noop),
    ]
