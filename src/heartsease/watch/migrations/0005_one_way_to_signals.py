"""The one change of an alert is among its changes now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("watch", "0004_alerts_of_many_signals")]

    operations = [migrations.RemoveField(model_name="alert", name="signal")]
