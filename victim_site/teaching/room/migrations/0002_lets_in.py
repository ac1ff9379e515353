"""A room can be closed to new names."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('room', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='state',
            name='lets_in',
            field=models.BooleanField(default=True),
        ),
    ]
