from django.db import migrations, models


def confirm_acts(apps, schema_editor):
    """Whether the cookie of an older sign-in was kept nobody noted; all other acts took effect."""
    acts = apps.get_model("bank", "Attempt").objects.exclude(action="login")
    acts.filter(outcome="applied", kind__in=["act", "websocket"]).update(confirmed=True)


class Migration(migrations.Migration):

    dependencies = [
        ("bank", "0002_attempt_change"),
    ]

    operations = [
        migrations.AddField("attempt", "confirmed", models.BooleanField(default=False)),
        migrations.AddField("attempt", "sec_purpose", models.CharField(max_length=60, null=True)),
        migrations.AddField("lab", "confirmations", models.PositiveIntegerField(default=0)),
        migrations.AddField("session", "unconfirmed", models.BigIntegerField(null=True)),
        migrations.RunPython(confirm_acts, migrations.RunPython.noop),
    ]
