"""A database from when this app was called `lab` is upgraded, and keeps what learners have done."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations.recorder import MigrationRecorder

from victim_site.teaching.lessons.models import Progress

TABLE, OLD_TABLE = "lessons_progress", "lab_progress"

pytestmark = pytest.mark.django_db(transaction=True)


def migrated(app: str) -> list[str]:
    return [name for of, name in MigrationRecorder(connection).applied_migrations() if of == app]


def tables() -> set[str]:
    return {TABLE, OLD_TABLE} & set(connection.introspection.table_names())


def test_an_old_database_keeps_its_rows_and_forgets_the_old_name() -> None:
    Progress.objects.create(owner="otter42", lesson="the-image", predicted="forged", tried="forged")
    before = list(Progress.objects.values())
    call_command("migrate", "lessons", "0001_initial", verbosity=0)
    call_command("migrate", "lessons", "0001_initial", verbosity=0)
    with connection.schema_editor() as editor:
        editor.alter_db_table(Progress, TABLE, OLD_TABLE)
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("lessons", "0001_initial")
    recorder.record_applied("lab", "0001_initial")

    call_command("migrate", verbosity=0)

    assert tables() == {TABLE}
    assert list(Progress.objects.values()) == before
    assert migrated("lab") == []
    assert migrated("lessons") == ["0001_initial", "0002_chosenname"]
    with pytest.raises(IntegrityError):
        Progress.objects.create(owner="otter42", lesson="the-image")


def test_a_new_database_gets_the_table() -> None:
    call_command("migrate", "lessons", "zero", verbosity=0)
    assert tables() == set()

    call_command("migrate", verbosity=0)

    assert tables() == {TABLE}
    Progress.objects.create(owner="otter42", lesson="the-image")
