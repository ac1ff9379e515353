from typing import Any

from django.db import migrations, models
from django.db.migrations.recorder import MigrationRecorder

# This app was once called `lab`. Databases from then have its table, and a note that it's migrated.
OLD_APP, OLD_TABLE = "lab", "lab_progress"


class CreateOrRename(migrations.CreateModel):
    """Creates the table, unless a database has it under its old name: then the rows are kept."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if OLD_TABLE not in schema_editor.connection.introspection.table_names():
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        schema_editor.alter_db_table(model, OLD_TABLE, model._meta.db_table)


def forget_old_app(apps: Any, schema_editor: Any) -> None:
    MigrationRecorder(schema_editor.connection).migration_qs.filter(app=OLD_APP).delete()


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        CreateOrRename(
            name="Progress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.CharField(max_length=12)),
                ("lesson", models.CharField(max_length=40)),
                ("predicted", models.CharField(default="", max_length=30)),
                ("tried", models.CharField(default="", max_length=30)),
                ("fixed", models.CharField(default="", max_length=30)),
                ("changed", models.DateTimeField(auto_now=True, db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "lesson"), name="one_progress_a_lesson"
                    )
                ],
            },
        ),
        migrations.RunPython(forget_old_app, migrations.RunPython.noop),
    ]
