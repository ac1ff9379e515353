from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bank', '0001_initial'),
    ]

    operations = [
        # Of the acts that are there already nobody knows what they did; "" would say nothing.
        migrations.AddField(
            model_name='attempt',
            name='change',
            field=models.CharField(default='something that the log did not keep yet', max_length=200),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='change',
            field=models.CharField(default='', max_length=200),
        ),
    ]
