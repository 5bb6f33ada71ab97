"""Fill a column of a table in use: in batches, each a short transaction, no faster than others bear."""

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import sql

from ttdb.errors import StepFailed, UsageError
from ttdb.migrate import ledger
from ttdb.migrate.along import Along, Part, along, by_key, key_aliases
from ttdb.migrate.batches import Batches
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.room import Room
from ttdb.migrate.step import REASON, SINCE, Backfill, Step
from ttdb.model.migration import OnEvent
from ttdb.postgres.connect import Connection, scalar

_PASSES = 5


def acting(connection: Connection, step: Step) -> Step:
    """Return a backfill as the role that sees every row of its table; any other step as it is.

    Where row security is forced, its owner would see no row: the operator's policies show all. Elsewhere the owner,
    with row_security off, so that a policy that would hide a row is an error.
    """
    if step.backfill is None or step.role == "ttdb_operator":  # who has been given what it takes
        return step
    return sees_all(connection, step, step.backfill.relation)


def sees_all(connection: Connection, step: Step, relation: str) -> Step:
    """Return a step as the role that sees every row of a table."""
    forced = scalar(
        connection,
        "select c.relrowsecurity and c.relforcerowsecurity from pg_catalog.pg_class as c"
        " where c.oid = pg_catalog.to_regclass(%s)",
        (relation,),
    )
    return replace(step, role="ttdb_operator" if forced else "ttdb_owner", filters_rows=bool(forced))


def fill(connection: Connection, revision: str, step: Step, courtesy: Courtesy, on_event: OnEvent) -> None:
    """Run a backfill to its end, from where an earlier run was killed.

    Raises:
        StepFailed: rows without a value keep coming.
        UsageError: the table has no primary key.
        LockNotObtained: a batch was refused its rows in all attempts; a second run continues.

    """
    if step.backfill is None:
        message = f"step {step.name} is no backfill"
        raise ValueError(message)
    work = _Work(connection, revision, step, courtesy, on_event, what=step.backfill)
    for _ in range(_PASSES):
        work.run()
        if not work.left():
            work.room.tidy()
            return
        work.start_again()
    message = f"step {step.name} of {revision} filled {work.rows} rows, and rows without a value keep coming"
    raise StepFailed(
        message, "Let a default or a trigger fill them on INSERT, in a step before it, and run the command again."
    )


@dataclass
class _Work(Batches):
    """One backfill on its way."""

    what: Backfill = field(kw_only=True)
    keys: list[tuple[str, str]] = field(default_factory=list)
    way: Along = field(init=False)
    room: Room = field(init=False)
    _ends: dict[str, Any] = field(default_factory=dict)
    _reached: list[str] = field(default_factory=list)
    _moved: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = self.connection.execute(_PRIMARY_KEY, (self.what.relation,)).fetchall()
        if not self.keys:
            message = f"{self.what.relation} has no primary key to go along"
            raise UsageError(message, "Give it one: alter table ... add primary key using index ...;")
        if self.what.into is not None:  # by name: that it may have got since it was made
            self._moved = [name for (name,) in self.connection.execute(_COLUMNS, (self.what.relation,))]
        self.expect(self.what.relation)
        self.room = Room(self.connection, self.what.relation, self.courtesy)
        progress = ledger.progress(self.connection, self.revision, self.step.name) or {}
        self.way = along(self.connection, self.what.relation, self.keys, progress)
        self.rows = progress.get("rows", 0)
        self.seen = self._rows_before = progress["seen"] if "reached" in progress else 0

    def left(self) -> bool:
        """Tell whether rows are left that came behind our back."""
        with self.connection.transaction():
            self._act()
            return scalar(self.connection, sql.SQL(self.step.holds)) is not True

    def start_again(self) -> None:
        """Begin at the first row, and miss none."""
        self.way = by_key(self.what.relation, self.keys)
        self.seen = self._rows_before = 0
        self._started = time.monotonic()

    def batch(self, rows: int) -> None:
        """Fill the next rows, and record how far that is."""
        statement = self._statement(self.way.part(rows))
        self.last, filled, reached = self.connection.execute(statement).fetchone() or (0, 0, None)
        self._reached = reached or []
        self._ends = {"rows": self.rows + filled, "seen": self.seen + self.last}
        self.connection.execute("set local role ttdb_owner")
        state = json.dumps({**self.way.state(self._reached), **self._ends})
        ledger.set_progress(self.connection, self.revision, self.step.name, state)

    def after(self) -> None:
        """Count the batch, which is committed."""
        self.way.go(self._reached)
        self.rows, self.seen = self._ends["rows"], self._ends["seen"]

    def between(self) -> None:
        """Make room for the next versions of rows."""
        self.room.make()

    def goes_on(self, *, full: bool) -> bool:
        """Tell whether there are more rows."""
        return self.way.goes_on(self._reached, full=full)

    def _statement(self, part: Part) -> sql.Composed:
        words = {word: sql.SQL(f"{word} batch as b" if part.joined else "") for word in ("from", "using", ",")}
        form = _UPDATE_NOTED if self.what.kept is not None else _UPDATE if self.what.into is None else _MOVE
        aliases = key_aliases(self.keys)
        named = [(sql.Identifier("t", name), alias) for (name, _), alias in zip(self.keys, aliases, strict=True)]
        return sql.SQL(_BATCH).format(
            batch=part.batch,
            change=sql.SQL(form).format(
                relation=_identifier(self.what.relation),
                assignments=sql.SQL(self.what.assignments),
                within=part.within,
                where=sql.SQL(self.what.where),
                from_batch=words["from"],
                using_batch=words["using"],
                and_batch=words[","],
                keys=sql.SQL(", ").join(sql.SQL("{} as {}").format(*pair) for pair in named),
                same=sql.SQL(" and ").join(sql.SQL("{} = n.{}").format(*pair) for pair in named),
                key=self._key(),
                into=_identifier(self.what.into or self.what.relation),
                columns=sql.SQL(", ").join(map(sql.Identifier, self._moved)),
                extra=sql.SQL(", ").join(map(sql.Identifier, (REASON, SINCE))),
                kept=_identifier(self.what.kept or self.what.relation),
                reason=sql.Literal(self.what.reason),
            ),
            reached=part.reached,
        )

    def _key(self) -> sql.Composed:
        """Return the key of a row that is noted, as JSON."""
        pairs = [
            sql.SQL("{}, n.{}").format(sql.Literal(name), alias)
            for (name, _), alias in zip(self.keys, key_aliases(self.keys), strict=True)
        ]
        return sql.SQL("pg_catalog.jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


def _identifier(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split(".", 1))


_COLUMNS = """\
select a.attname::text from pg_catalog.pg_attribute as a
where a.attrelid = pg_catalog.to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_PRIMARY_KEY = """\
select a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_index as i
cross join lateral pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = pg_catalog.to_regclass(%s) and i.indisprimary
order by k.place
"""

# The condition is a query of its own, so that no index is taken which finds the rows it is true of: all that are
# left, at each batch. A row that another session changes meanwhile is looked at again by UPDATE itself. Each row is
# read once, also where it needs nothing: so each batch takes about as long as the others, and the end is known.
_BATCH = """\
with batch as materialized (
    {batch}
), {change}
select (select pg_catalog.count(*) from batch), (select pg_catalog.count(*) from filled), {reached}
"""
_UPDATE = """\
filled as (
    update {relation} as t set {assignments} {from_batch} where {within} and (select ({where})) returning 1
)"""
# Locked as they are when they are noted: what another session makes of them meanwhile is not lost. Of a row that is
# changed again, what it held before the first time counts only where nobody has changed that since.
_UPDATE_NOTED = """\
noted as materialized (
    select {keys}, pg_catalog.to_jsonb(t) as found from {relation} as t {and_batch}
    where {within} and (select ({where})) for update of t
), filled as (
    update {relation} as t set {assignments} from noted as n where {same}
    returning {key} as key, n.found, pg_catalog.to_jsonb(t) as given
), kept as (
    insert into {kept} as k (rule, key, found, given) select {reason}, f.key, f.found, f.given from filled as f
    on conflict (rule, key) do update set given = excluded.given, found = (
        select pg_catalog.jsonb_object_agg(
            e.key, case when k.given -> e.key = e.value then coalesce(k.found -> e.key, e.value) else e.value end
        )
        from pg_catalog.jsonb_each(excluded.found) as e
    )
)"""
_MOVE = """\
moved as (
    delete from {relation} as t {using_batch} where {within} and (select ({where})) returning t.*
), filled as (
    insert into {into} ({columns}, {extra}) select {columns}, {reason}, pg_catalog.now() from moved as m returning 1
)"""
