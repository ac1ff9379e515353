import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("bank", "0003_what_a_server_can_know"),
    ]

    operations = [
        migrations.AddField(
            "account", "identity", models.CharField(max_length=20, default="")
        ),
        migrations.CreateModel(
            "IdentityCode",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=43, unique=True)),
                ("identity", models.CharField(max_length=20)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "lab",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="bank.lab"),
                ),
            ],
        ),
    ]
