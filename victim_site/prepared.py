"""Queries that are built once: the ORM needs ten times as long to build one as SQLite to run it.

A prepared query is a function with one query of the ORM in it. It's called once, with stand-ins for
its arguments, to see what Django sends to the database. From then on that is sent, with the
arguments put in:

    @prepared
    def customers(lab: int) -> QuerySet[Account]:
        return Account.objects.filter(lab_id=lab).defer("avatar")

The arguments are text, whole numbers or times, passed by position and used as they are: the query
must be the same one whatever they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import ModelIterable
from django.db.models.signals import post_save
from django.db.models.sql import InsertQuery

P = ParamSpec("P")
Row = TypeVar("Row")
# For each parameter of a query which argument goes there, or else what it always is.
Places = list[tuple[int | None, Any]]


def prepared(build: Callable[P, models.QuerySet[Any, Row]]) -> Callable[P, list[Row]]:
    """Make a function that returns a queryset, of instances or of `values_list`, return a list."""

    @cache
    def statement(*kinds: type) -> tuple[str, Places, Callable[[Any], list[Row]]]:
        here = connections[DEFAULT_DB_ALIAS]
        stand_ins = _stand_ins(kinds)
        queryset = build(*stand_ins)  # type: ignore[call-arg]
        compiler = queryset.query.get_compiler(connection=here)
        sql, sent = compiler.as_sql()
        return sql, _places(stand_ins, sent, here), _reader(queryset, compiler)

    @wraps(build)
    def run(*values: P.args, **_: P.kwargs) -> list[Row]:
        sql, places, read = statement(*map(type, values))
        here = connections[DEFAULT_DB_ALIAS]
        with here.cursor() as cursor:
            cursor.execute(sql, _put_in(places, values, here))
            return read(cursor.fetchall())

    return run


def prepared_update(update: Callable[P, int]) -> Callable[P, int]:
    """Make a function that updates rows do so by a prepared query; it returns how many."""

    @cache
    def statement(*kinds: type) -> tuple[str, Places]:
        here = connections[DEFAULT_DB_ALIAS]
        stand_ins = _stand_ins(kinds)
        sent: list[Any] = []
        with here.execute_wrapper(lambda _, *what: sent.append(what)):  # Runs nothing.
            update(*stand_ins)  # type: ignore[call-arg]
        [(sql, params, *_)] = sent
        return sql, _places(stand_ins, params, here)

    @wraps(update)
    def run(*values: P.args, **_: P.kwargs) -> int:
        sql, places = statement(*map(type, values))
        here = connections[DEFAULT_DB_ALIAS]
        with here.cursor() as cursor:
            cursor.execute(sql, _put_in(places, values, here))
            return int(cursor.rowcount)

    return run


def insert(row: models.Model) -> None:
    """Insert a new row, as `save` does, by a query that's built once for each model."""
    here = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insertion(type(row))
    with here.cursor() as cursor:
        cursor.execute(sql, [f.get_db_prep_save(f.pre_save(row, add=True), here) for f in fields])
        [row.pk] = cursor.fetchone()
    row._state.adding, row._state.db = False, here.alias
    about = {"created": True, "raw": False, "using": here.alias, "update_fields": None}
    post_save.send(type(row), instance=row, **about)


@cache
def _insertion(model: type[models.Model]) -> tuple[str, list[models.Field[Any, Any]]]:
    fields = [f for f in model._meta.local_concrete_fields if f is not model._meta.auto_field]
    query = InsertQuery(model)
    query.insert_values(fields, [model()], raw=True)
    compiler: Any = query.get_compiler(using=DEFAULT_DB_ALIAS)
    compiler.returning_fields = model._meta.db_returning_fields
    [(sql, _)] = compiler.as_sql()
    return sql, fields


def _reader(queryset: Any, compiler: Any) -> Callable[[Any], list[Any]]:
    """Return what makes of the database's rows what the queryset would make of them."""
    columns = [column for column, *_ in compiler.select]
    converters = compiler.get_converters(columns)
    make: Callable[[Any], Any] = tuple
    if issubclass(queryset._iterable_class, ModelIterable):
        if queryset.query.select_related:
            raise TypeError("A prepared query takes no select_related.")
        names = [column.target.attname for column in columns]
        make = partial(queryset.model.from_db, DEFAULT_DB_ALIAS, names)
    return lambda rows: [make(row) for row in compiler.apply_converters(rows, converters)]


def _stand_ins(kinds: Sequence[type]) -> list[Any]:
    """Return a value of each kind that nothing else in a query is equal to."""
    return [_stand_in(kind, number) for number, kind in enumerate(kinds, 1)]


def _stand_in(kind: type, number: int) -> Any:
    if issubclass(kind, str):
        return f"<stand-in {number}>"
    if issubclass(kind, datetime):
        return datetime(1900, 1, number, tzinfo=UTC)
    if issubclass(kind, int):
        return 2**62 + number
    raise TypeError(f"A prepared query takes no {kind.__name__}.")


def _places(stand_ins: Sequence[Any], sent: Sequence[Any], here: Any) -> Places:
    as_sent = [_adapted(value, here) for value in stand_ins]
    if any(value not in sent for value in as_sent):
        raise TypeError("A prepared query must send its arguments as they are.")
    return [(as_sent.index(p), None) if p in as_sent else (None, p) for p in sent]


def _put_in(places: Places, values: Sequence[Any], here: Any) -> list[Any]:
    return [always if place is None else _adapted(values[place], here) for place, always in places]


def _adapted(value: Any, here: Any) -> Any:
    return here.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
