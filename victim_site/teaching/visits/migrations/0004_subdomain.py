"""Alice may open an exploit at a lab's subdomain."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0003_stay'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='subdomain',
            field=models.BooleanField(default=False),
        ),
    ]
