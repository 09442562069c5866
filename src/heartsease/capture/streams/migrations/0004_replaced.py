from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0003_origins'),
    ]

    operations = [
        migrations.AddField(
            model_name='dailyfeature',
            name='replaced',
            field=models.JSONField(null=True),
        ),
    ]
