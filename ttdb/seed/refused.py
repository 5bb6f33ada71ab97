"""What the server refused of a scenario's rows: which rule of the table, and where the scenario says what broke it."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import psycopg
from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import TtdbError
from ttdb.postgres.connect import Connection
from ttdb.seed.blame import own_places
from ttdb.seed.place import Misplaced, Place
from ttdb.seed.world import TablePlan

_REFUSED = (pg.IntegrityError, pg.DataError)
_WHERE = re.compile(r"^COPY (?:pg_temp\.)?(?:seed_)?(\S+), line \d+, column (\S+?)(?::|$)", re.MULTILINE)
_MONTH = re.compile(r"_(?:\d{4}_\d{2}|default)$")
_RULE = """
select
    pg_catalog.pg_get_constraintdef(k.oid),
    array(
        select a.attname::text from pg_catalog.unnest(k.conkey) with ordinality as c (number, place)
        inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = c.number
        order by c.place
    )
from pg_catalog.pg_constraint as k
where k.conrelid = pg_catalog.to_regclass(%(table)s) and k.conname = %(rule)s and k.contype <> 't'
union all
select
    pg_catalog.pg_get_indexdef(i.indexrelid),
    array(
        select a.attname::text from pg_catalog.unnest(i.indkey) with ordinality as c (number, place)
        inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.number
        order by c.place
    )
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
where i.indrelid = pg_catalog.to_regclass(%(table)s) and x.relname = %(rule)s
limit 1
"""
_KEEPERS = """
select c.relname::text from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_class as c on c.oid = t.tgrelid
where t.tgname = %s and t.tgparentid = 0
order by t.oid
"""
_NAMED = 4  # columns that may be to blame: more are told by their table


class RuleBroken(TtdbError):
    """Raised where rows that went past the triggers break a rule that these keep."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"a row of the scenario's breaks the rule {rule}: {detail}", "Mend the scenario.")
        self.rule, self.detail = rule, detail


class _Broken(NamedTuple):
    """A table's rule, and the columns that it is about."""

    table: str
    rule: str
    columns: tuple[str, ...]


def explained(
    connection: Connection, plans: Mapping[str, TablePlan], file: str, error: psycopg.Error
) -> Misplaced | None:
    """Return the error for the scenario's lines that made the refused rows; None where it is not the rows' fault.

    Args:
        connection: a session outside the transaction that failed.
        plans: the scenario's tables.
        file: the scenario's own, of whose rules one is rather to blame than of the scenario that it extends.
        error: what the server said.

    """
    if not isinstance(error, _REFUSED):
        return None
    broken = _broken(connection, plans, error)
    if broken is None:
        own = {f"{table}.{column}": place for (table, column), place in own_places(plans, file).items()}
        refused = f"makes rows that were refused: {error.diag.message_primary}"
        return _blamed(own, refused) if 0 < len(own) <= _NAMED else None
    plan = plans[broken.table]
    written = own_places({broken.table: plan}, file).values()
    places = dict(sorted(_places(plan, broken.columns), key=lambda each: each[1] not in written))
    told = error.diag.message_detail if isinstance(error, pg.UniqueViolation | pg.ForeignKeyViolation) else None
    what = f"{broken.rule}{f': {told}' if told else ''}"
    if not places:
        return plan.place.wrong(f"its rows were refused by {what}", "Correct the rules of its columns.")
    return _blamed(places, f"its values were refused by {what}")


def of_rule(connection: Connection, plans: Mapping[str, TablePlan], file: str, broken: RuleBroken) -> Misplaced | None:
    """Return the error for the lines of the file that may have made rows which break a rule of several rows.

    Args:
        connection: a session outside the transaction that failed.
        plans: the scenario's tables.
        file: the scenario's own.
        broken: the rule, and a row that breaks it.

    """
    keeping = [plans[name] for (name,) in connection.execute(_KEEPERS, (broken.rule,)) if name in plans]
    keepers = {plan.catalog.name: plan for plan in keeping}
    places = {f"{table}.{column}": place for (table, column), place in own_places(keepers, file).items()}
    what = f"break the rule {broken.rule}: {broken.detail}"
    if 0 < len(places) <= _NAMED:
        return _blamed(places, f"its values {what}")
    return keeping[0].place.wrong(f"its rows {what}", "Correct the rules of its columns.") if keeping else None


def _blamed(places: Mapping[str, Place], what: str) -> Misplaced:
    column, place = next(iter(places.items()))
    others = [f"{name} by {each.file}, line {each.line}" for name, each in places.items() if name != column]
    hint = f"Correct the rule of {column}" + (f", or of {'; '.join(others)}." if others else ".")
    return place.wrong(what, hint)


def _broken(connection: Connection, plans: Mapping[str, TablePlan], error: psycopg.Error) -> _Broken | None:
    found = error.diag
    where = _WHERE.search(found.context or "")
    table = _table(plans, found.schema_name, found.table_name or (where[1] if where else ""))
    if table is None:
        return None
    plan = plans[table].catalog
    name = sql.Identifier(plan.schema, plan.name).as_string(connection)
    row = connection.execute(_RULE, {"table": name, "rule": found.constraint_name}).fetchone()
    if row is not None:
        return _Broken(table, f"{found.constraint_name}: {row[0]}", tuple(row[1]))
    column = found.column_name or (where[2] if where else None)
    return _Broken(table, found.message_primary or "the server", (column,) if column else ())


def _table(plans: Mapping[str, TablePlan], schema: str | None, name: str) -> str | None:
    """Return the scenario's table of a name, or of a month's: it may be gone with the transaction that made it."""
    whole = _MONTH.sub("", name)
    plan = plans.get(name) or plans.get(whole)
    if plan is None or schema not in (None, plan.catalog.schema):
        return None
    return plan.catalog.name


def _places(plan: TablePlan, columns: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    for column in columns:
        if column in plan.rules:
            yield column, plan.rules[column].place
