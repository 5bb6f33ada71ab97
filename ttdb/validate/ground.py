"""The ground truth: which tenants have rows where, as the overseer sees it. Only a few rows of each are read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import TABLES, Catalog, Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.outcomes import run, without_values

Row = Mapping[str, Any]
_SAMPLE = 500
_ROWS_PER_TENANT = 5
_LONG_ENOUGH = 12  # a text value that is no word and no status


@dataclass(frozen=True, slots=True)
class Holding:
    """The tenants seen in one relation, with a few rows of each."""

    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    error: str = ""  # why the overseer could not look

    @property
    def tenants(self) -> tuple[str, ...]:
        """Return the tenants seen."""
        return tuple(self.rows)


@dataclass(frozen=True, slots=True)
class Canary:
    """A value that only one tenant's row has."""

    value: str
    relation: int
    column: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Who holds what."""

    holdings: Mapping[int, Holding]  # relations with a tenant column, and tables that reach one
    tenants: tuple[str, ...]  # most widespread first
    refused: Mapping[int, str] = field(default_factory=dict)  # tables in which rows could not be made, and why

    def actor(self, oid: int) -> str | None:
        """Return the tenant to act as against a relation: one with rows there, where another has some too."""
        here = self.holdings[oid].tenants if oid in self.holdings else ()
        several = len(here) > 1
        for tenant in self.tenants:
            if (tenant in here if several else tenant not in here) or not here:
                return tenant
        return None

    def victims(self, oid: int, actor: str) -> list[tuple[str, Row]]:
        """Return rows of others than the actor, with their tenants."""
        holding = self.holdings.get(oid, Holding())
        return [(tenant, row) for tenant, rows in holding.rows.items() if tenant != actor for row in rows]

    def canaries(self, catalog: Catalog, actor: str) -> dict[str, Canary]:
        """Return values that appear in others' rows and in none of the actor's, by value."""
        own, foreign = set[str](), dict[str, Canary]()
        for oid, holding in self.holdings.items():
            relation = catalog.relations[oid]
            if relation.kind not in TABLES:
                continue
            for tenant, rows in holding.rows.items():
                for canary in _telling(relation, tenant, rows):
                    if tenant == actor:
                        own.add(canary.value)
                    else:
                        foreign.setdefault(canary.value, canary)
        return {value: canary for value, canary in foreign.items() if value not in own}


def _telling(relation: Relation, tenant: str, rows: Iterable[Row]) -> Iterable[Canary]:
    for row in rows:
        for column in relation.columns:
            value = row.get(column.name)
            if isinstance(value, str) and _tells(column.type, value, key=column.name in relation.key):
                yield Canary(value, relation.oid, column.name, tenant)


def is_somebodys(key: str) -> bool:
    """Tell whether a uuid is somebody's: the nil uuid, and others of one sign beside zeros, are nobody's."""
    return len(set(key) - {"0", "-"}) > 1


def _tells(kind: str, value: str, *, key: bool) -> bool:
    if kind == "uuid":
        return key and is_somebodys(value)
    if kind not in ("text", "character varying", "citext"):
        return False
    return len(value) >= _LONG_ENOUGH and (any(letter.isdigit() for letter in value) or "@" in value)


def survey(connection: Connection, found: Discovery) -> Ground:
    """Look, as the overseer, for rows of at least two tenants in every relation."""
    holdings = {
        oid: _look(connection, found, found.catalog.relations[oid])
        for oid in {**dict.fromkeys(found.tenant_columns), **dict.fromkeys(found.paths)}
        if found.catalog.relations[oid].kind in TABLES
    }
    spread = Counter(tenant for holding in holdings.values() for tenant in holding.tenants)
    tenants = sorted(spread, key=lambda tenant: (-spread[tenant], tenant))
    return Ground(holdings, tuple(tenants))


def _look(connection: Connection, found: Discovery, relation: Relation) -> Holding:
    source, tenant = source_of(found, relation)
    first = run(connection, _sample(source, tenant, sql.SQL("true")))
    if not first.done:
        return Holding(error=without_values(first))
    rows = list(first.rows)
    seen = {row[0] for row in rows}
    if len(seen) == 1:
        another = sql.SQL("{} <> {}").format(tenant, sql.Literal(next(iter(seen))))
        rows += run(connection, _sample(source, tenant, another)).rows
    grouped: dict[str, list[Row]] = {}
    for owner, row in rows:
        grouped.setdefault(owner, []).append(row)
    return Holding({owner: tuple(each) for owner, each in grouped.items()})


def _sample(source: sql.Composed, tenant: sql.Composed, condition: sql.SQL | sql.Composed) -> sql.Composed:
    return sql.SQL(
        "select s.tenant, s.line from (select q.tenant, q.line, row_number() over (partition by q.tenant) as n"
        " from (select {tenant} as tenant, to_jsonb(r.*) as line from {source} where {tenant} is not null"
        " and {condition} limit {sample}) as q) as s where s.n <= {each} limit 60"
    ).format(
        tenant=tenant,
        source=source,
        condition=condition,
        sample=sql.Literal(_SAMPLE),
        each=sql.Literal(_ROWS_PER_TENANT),
    )


def source_of(found: Discovery, relation: Relation, *, at_most: int | None = None) -> tuple[sql.Composed, sql.Composed]:
    """Return what to select from, joined up to the table with the tenant column, and the tenant as text.

    Of a table of far more than ``at_most`` rows it is a sample of about so many, from all over it. Rows that reach more
    than one tenant are left out: they are no one's alone.
    """
    source = sql.SQL("{} as r").format(relation.identifier)
    if at_most is not None and relation.estimated_rows > at_most and relation.kind in TABLES:
        share = sql.Literal(100 * at_most / relation.estimated_rows)
        source += sql.SQL(" tablesample system ({})").format(share)
    alias, last = sql.Identifier("r"), relation
    for number, hop in enumerate(found.paths.get(relation.oid, ())):
        parent, below = found.catalog.relations[hop.parent], alias
        alias = sql.Identifier(f"p{number}")
        same = last.column(hop.columns[0]), parent.column(hop.parent_columns[0])
        form = "{}.{} = {}.{}" if same[0] and same[1] and same[0].type == same[1].type else "{}.{}::text = {}.{}::text"
        matches = sql.SQL(" and ").join(
            sql.SQL(form).format(below, sql.Identifier(left), alias, sql.Identifier(right))
            for left, right in zip(hop.columns, hop.parent_columns, strict=True)
        )
        if hop.several:
            matches += _of_one_tenant(alias, parent, hop.parent_columns, found.tenant_columns[hop.parent])
        source += sql.SQL(" join {} as {} on {}").format(parent.identifier, alias, matches)
        last = parent
    return source, sql.SQL("{}.{}::text").format(alias, sql.Identifier(found.tenant_columns[last.oid]))


def _of_one_tenant(alias: sql.Identifier, parent: Relation, columns: Sequence[str], tenant: str) -> sql.Composed:
    """Return the condition that no other row of the table which the same is pointed at by is another tenant's."""
    another = sql.SQL("q.{0} <> {1}.{0}").format(sql.Identifier(tenant), alias)
    same = [sql.SQL("q.{0} = {1}.{0}").format(sql.Identifier(name), alias) for name in columns]
    return sql.SQL(" and not exists (select from {} as q where {})").format(
        parent.identifier, sql.SQL(" and ").join([*same, another])
    )
