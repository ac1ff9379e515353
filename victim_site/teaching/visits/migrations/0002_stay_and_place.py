"""How long alice stays, where she opens an exploit, and when a visit ended."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='stay',
            field=models.PositiveSmallIntegerField(default=20),
        ),
        migrations.AddField(
            model_name='delivery',
            name='subdomain',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='visit',
            name='ended',
            field=models.DateTimeField(null=True),
        ),
    ]
