"""Fill a column of a table in use: in batches by primary key, each a short transaction, no faster than others bear."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import sql

from ttdb.errors import StepFailed, UsageError
from ttdb.migrate import ledger
from ttdb.migrate.batches import Batches
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.step import Backfill, Step
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
    key: list[str] | None = None  # of the last row of the last batch
    columns: list[tuple[str, str]] = field(default_factory=list)
    _ends: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = self.connection.execute(_PRIMARY_KEY, (self.what.relation,)).fetchall()
        if not self.columns:
            message = f"{self.what.relation} has no primary key to go along"
            raise UsageError(message, "Give it one: alter table ... add primary key using index ...;")
        self.expect(self.what.relation)
        progress = ledger.progress(self.connection, self.revision, self.step.name)
        if progress:
            self.key, self.rows, self.seen = progress["key"], progress["rows"], progress["seen"]
        self._rows_before = self.seen

    def left(self) -> bool:
        """Tell whether rows are left that came behind our back."""
        with self.connection.transaction():
            self._act()
            return scalar(self.connection, sql.SQL(self.step.holds)) is not True

    def start_again(self) -> None:
        """Begin at the first row."""
        self.key, self.seen = None, 0

    def batch(self, rows: int) -> None:
        """Fill the next rows along the key, and record how far that is."""
        self.last, filled, key = self.connection.execute(self._statement(rows)).fetchone() or (0, 0, None)
        self._ends = {"key": key or self.key, "rows": self.rows + filled, "seen": self.seen + self.last}
        self.connection.execute("set local role ttdb_owner")
        ledger.set_progress(self.connection, self.revision, self.step.name, json.dumps(self._ends))

    def after(self) -> None:
        """Count the batch, which is committed."""
        self.key, self.rows, self.seen = self._ends["key"], self._ends["rows"], self._ends["seen"]

    def _statement(self, rows: int) -> sql.Composed:
        names = [sql.Identifier("t", name) for name, _ in self.columns]
        aliases = [sql.Identifier(f"k{number}") for number, _ in enumerate(self.columns)]
        after: sql.Composable = sql.SQL("")
        if self.key is not None:
            values = [
                sql.SQL("{}::" + kind).format(sql.Literal(value))
                for value, (_, kind) in zip(self.key, self.columns, strict=True)
            ]
            after = sql.SQL("where ({}) > ({})").format(sql.SQL(", ").join(names), sql.SQL(", ").join(values))
        same = sql.SQL(" and ").join(sql.SQL("{} = b.{}").format(n, a) for n, a in zip(names, aliases, strict=True))
        return sql.SQL(_BATCH).format(
            change=self._change(same),
            keys=sql.SQL(", ").join(sql.SQL("{} as {}").format(n, a) for n, a in zip(names, aliases, strict=True)),
            relation=sql.Identifier(*self.what.relation.split(".", 1)),
            after=after,
            order=sql.SQL(", ").join(names),
            texts=sql.SQL(", ").join(sql.SQL("l.{}::text").format(alias) for alias in aliases),
            last=sql.SQL(", ").join(sql.SQL("{} desc").format(alias) for alias in aliases),
            rows=sql.Literal(rows),
        )

    def _change(self, same: sql.Composed) -> sql.Composed:
        where = sql.SQL(self.what.where)
        relation = sql.Identifier(*self.what.relation.split(".", 1))
        if self.what.kept is not None:
            return sql.SQL(_UPDATE_NOTED).format(
                relation=relation,
                assignments=sql.SQL(self.what.assignments),
                same=same,
                where=where,
                key=self._key("b"),
                aliases=sql.SQL(", ").join(sql.Identifier("b", f"k{n}") for n, _ in enumerate(self.columns)),
                kept=sql.Identifier(*self.what.kept.split(".", 1)),
                reason=sql.Literal(self.what.reason),
            )
        if self.what.into is None:
            return sql.SQL(_UPDATE).format(
                relation=relation, assignments=sql.SQL(self.what.assignments), same=same, where=where
            )
        return sql.SQL(_MOVE).format(
            relation=relation,
            into=sql.Identifier(*self.what.into.split(".", 1)),
            reason=sql.Literal(self.what.reason),
            same=same,
            where=where,
        )

    def _key(self, batch: str) -> sql.Composed:
        """Return the key of a row of the batch, as JSON."""
        pairs = [
            sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(batch, f"k{number}"))
            for number, (name, _) in enumerate(self.columns)
        ]
        return sql.SQL("pg_catalog.jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


_PRIMARY_KEY = """\
select a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_index as i
cross join lateral pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = pg_catalog.to_regclass(%s) and i.indisprimary
order by k.place
"""

# A row that another session changes meanwhile is looked at again by UPDATE itself. Every row is read once, in the order
# of the key, also where it needs nothing: so each batch takes about as long as the others, and the end is known.
_BATCH = """\
with batch as materialized (
    select {keys} from {relation} as t {after} order by {order} limit {rows}
), {change}
select (select pg_catalog.count(*) from batch), (select pg_catalog.count(*) from filled),
    (select array[{texts}] from batch as l order by {last} limit 1)
"""
_UPDATE = """\
filled as (
    update {relation} as t set {assignments} from batch as b where {same} and ({where}) returning 1
)"""
# Locked as they are when they are noted: what another session makes of them meanwhile is not lost. Of a row that is
# changed again, what it held before the first time counts only where nobody has changed that since.
_UPDATE_NOTED = """\
noted as materialized (
    select {aliases}, pg_catalog.to_jsonb(t) as found from {relation} as t inner join batch as b on {same}
    where ({where}) for update of t
), filled as (
    update {relation} as t set {assignments} from noted as b where {same}
    returning {key} as key, b.found, pg_catalog.to_jsonb(t) as given
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
    delete from {relation} as t using batch as b where {same} and ({where}) returning t.*
), filled as (
    insert into {into} select m.*, {reason}, pg_catalog.now() from moved as m returning 1
)"""
