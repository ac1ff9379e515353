"""A prepared query does what the same query of the ORM does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F, QuerySet
from django.db.models.signals import post_save

from victim_site.bank.labs import open_lab
from victim_site.bank.models import Account, Attempt, Lab, Transfer
from victim_site.prepared import insert, prepared, prepared_update

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def labs_seen(before: datetime, label: str) -> QuerySet[Lab, tuple[int, datetime]]:
    found = Lab.objects.filter(last_seen__lt=before, label=label, pk__gt=0)
    return found.values_list("pk", "last_seen")


def take(account: int, amount: int) -> int:
    rich = Account.objects.filter(pk=account, balance__gte=amount, avatar_type="")
    return rich.update(balance=F("balance") - amount, email="same@for.all")


def test_rows_are_those_of_the_queryset_each_time() -> None:
    query = prepared(labs_seen)
    for label in ("no-defense", "post-only"):
        Lab.objects.create(label=label, last_seen=NOON)
    late = NOON + timedelta(seconds=1)
    for asked in [(late, "no-defense"), (late, "post-only"), (NOON, "no-defense"), (late, "no")]:
        assert query(*asked) == list(labs_seen(*asked))
    assert query(late, "post-only")[0][1] == NOON


def test_an_update_changes_what_it_says_and_counts_it() -> None:
    lab = open_lab("no-defense")
    alice, mallory = lab.accounts.order_by("pk")
    query = prepared_update(take)
    assert [query(alice.pk, 300), query(mallory.pk, 5), query(alice.pk, 701)] == [1, 1, 0]
    found = lab.accounts.order_by("pk").values_list("balance", "email")
    assert list(found) == [(700, "same@for.all"), (995, "same@for.all")]


def test_two_equal_arguments_are_not_mixed_up_later() -> None:
    lab = open_lab("no-defense")
    alice = lab.accounts.get(username="alice")
    query = prepared_update(take)
    query(alice.pk, alice.pk)
    query(alice.pk, 10)
    alice.refresh_from_db()
    assert alice.balance == 1000 - alice.pk - 10


def test_an_insertion_is_a_save() -> None:
    lab = open_lab("no-defense")
    alice, mallory = lab.accounts.order_by("pk")
    told: list[Any] = []

    def listen(**what: Any) -> None:
        told.append((what["instance"], what["created"]))

    values = {"lab": lab, "at": NOON, "cookies": ["a", "b"], "verdicts": [{"defense": "x"}]}
    post_save.connect(listen, sender=Attempt)
    try:
        rows = [Attempt(**values, path=path) for path in ("/1", "/2")]
        for row in rows:
            insert(row)
    finally:
        post_save.disconnect(listen, sender=Attempt)
    assert told == [(row, True) for row in rows]
    assert not rows[0]._state.adding
    saved = Attempt(**values, path="/1")
    saved.save()
    [first, _, third] = Attempt.objects.order_by("pk").values()
    assert first | {"id": saved.pk} == third
    paid = Transfer(lab=lab, sender=alice, recipient=mallory, amount=5)
    insert(paid)
    assert Transfer.objects.get(pk=paid.pk).at == paid.at


def test_instances_are_those_of_the_queryset() -> None:
    lab = open_lab("no-defense")
    Account.objects.filter(username="alice").update(avatar=b"GIF89a", avatar_type="image/gif")

    @prepared
    def customers(lab: int) -> QuerySet[Account]:
        return Account.objects.filter(lab_id=lab).defer("avatar").order_by("pk")

    alice, mallory = customers(lab.pk)
    assert [alice, mallory] == list(lab.accounts.order_by("pk"))
    assert alice.get_deferred_fields() == {"avatar"}
    assert (alice.username, alice.balance, alice.avatar_type) == ("alice", 1000, "image/gif")
    assert bytes(alice.avatar) == b"GIF89a"
    alice.balance = 5
    alice.save()
    mallory.refresh_from_db()
    assert (lab.accounts.get(username="alice").balance, mallory.balance) == (5, 1000)


def test_a_query_that_hides_its_argument_is_refused() -> None:
    @prepared
    def rounded(number: int) -> QuerySet[Lab, tuple[int]]:
        return Lab.objects.filter(pk=number + 1).values_list("pk")

    with pytest.raises(TypeError, match="as they are"):
        rounded(1)


def test_an_argument_that_changes_the_query_is_refused() -> None:
    @prepared
    def among(numbers: list[int]) -> QuerySet[Lab, tuple[int]]:
        return Lab.objects.filter(pk__in=numbers).values_list("pk")

    with pytest.raises(TypeError, match="takes no list"):
        among([1])
