"""A table in use is given the tenant that its rows belong to, and keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps.constraint import STOP, Choice, Stop, check, foreign_key, offenders_of
from ttdb.migrate.steps.fill import backfill
from ttdb.migrate.steps.index import index

_TRIGGER = "_050_fill_tenant"
UUID = "^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"
_LONGEST = 63  # of a name


def tenant_given(  # noqa: PLR0913 - whose a row is takes this many facts
    relation: str,
    *,
    tenants: str,
    parent: str | None = None,
    by: Mapping[str, str] | None = None,
    tenant_column: str = "tenant_id",
    parent_column: str = "tenant_id",
    tenants_key: str = "id",
    tenant_type: str = "uuid",
    key: Sequence[str] = ("id",),
    as_text: bool = False,
    otherwise: Choice = STOP,
) -> tuple[Step, ...]:
    """Return the steps that give each row of a table in use its tenant: ``*tenant_given("public.items", ...)``.

    With ``parent``, the column is added where it is missing, new rows are given the tenant of the row that they belong
    to, and the old ones are filled in batches. Without, the table has the column, and a new row that names no tenant
    takes the session's. Then no row may be without a tenant, nor with one that is not there, and no row belongs to
    another tenant's. ``protected`` comes after it, and the parent's too. Not for a partitioned table: convert it
    afterwards.

    Args:
        relation: schema-qualified table.
        tenants: the table whose rows are the tenants.
        parent: the table whose row has the tenant, itself with steps like these before.
        by: each column that names the parent's row, with what it is there: ``{"order_id": "id"}``.
        tenant_column: the column, here.
        parent_column: the parent's.
        tenants_key: the key of the table of tenants.
        tenant_type: of the column.
        key: the columns that other tables name a row of this one by; unique with the tenant, where it is among them.
        as_text: the columns here are text, those there uuid; then no foreign key can keep the row with its parent.
        otherwise: what becomes of rows that find no tenant.

    Raises:
        ValueError: ``parent`` without ``by``, or the other way round.

    """
    if (parent is None) != (by is None):
        message = f"of {relation}, parent and by say together where its tenant comes from"
        raise ValueError(message)
    way = _Way(parent, tuple((by or {}).items()), parent_column, as_text=as_text) if parent else None
    place = Place(relation, tenant_column)
    return (
        *((_column(place, way, tenant_type, otherwise),) if way else ()),
        _trigger(place, way),
        *((_filled(place, way),) if way else ()),
        *never_without(place, otherwise),
        *(() if tenant_column in key else (_keyed(place, key),)),
        *foreign_key(
            relation,
            place.named("fkey"),
            [tenant_column],
            tenants,
            [tenants_key],
            comment="there is no such tenant, or it is still in use",
            ondelete="no action",
            otherwise=otherwise,
        ),
        *(_kept_with(place, way) if way and not as_text else ()),
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """Where the tenant of a row stands."""

    parent: str
    pairs: tuple[tuple[str, str], ...]
    column: str
    as_text: bool

    def found(self, row: str) -> str:
        """Return the query of a row's tenant."""
        same = " and ".join(f"p.{identifier(there)} = {self._named(row, here)}" for here, there in self.pairs)
        return f"select p.{identifier(self.column)} from {qualified(self.parent)} as p where {same}"

    def _named(self, row: str, column: str) -> str:
        named = f"{row}.{identifier(column)}"
        return f"case when {named} ~ {literal(UUID)} then {named}::pg_catalog.uuid end" if self.as_text else named


@dataclass(frozen=True, slots=True)
class Place:
    """The table and its column."""

    relation: str
    column: str

    @property
    def table(self) -> str:
        """Return its name without the schema."""
        return self.relation.split(".", 1)[1]

    def named(self, word: str, *columns: str) -> str:
        """Return the name of what is made here."""
        end = f"_{word}"
        return "_".join((self.table, self.column, *columns))[: _LONGEST - len(end)] + end

    def columns(self, others: Sequence[str]) -> str:
        """Return the column and others, in parentheses."""
        return f"({', '.join(identifier(name) for name in (self.column, *others))})"


def _column(place: Place, way: _Way, kind: str, otherwise: Choice) -> Step:
    """Return the step that adds the column; rows that will find no tenant stop an upgrade before it, unless settled."""
    shown, column, relation = qualified(place.relation), identifier(place.column), place.relation
    standing = (
        "select from pg_catalog.pg_attribute as a"
        f" where a.attrelid = pg_catalog.to_regclass({literal(relation)}) and a.attname = {literal(place.column)}"
        " and not a.attisdropped"
    )
    typed = f"pg_catalog.format_type(a.atttypid, a.atttypmod) = {literal(kind)}"
    return Step(
        name=f"column-{kebab(place.named('must_be_known'))}",
        up=(
            f"alter table {shown} add column {column} {kind};",
            f"comment on column {shown}.{column} is {literal(f'whose row it is: as of its row in {way.parent}')};",
        ),
        down=(f"alter table {shown} drop column {column};",),
        holds=f"select exists ({standing} and {typed})",
        conflicts=(
            f"select {literal(relation)}, 'column {place.column} is not {kind}', 'Rename it out of the way.'\n"
            f"where exists ({standing} and not {typed})\n"
            f"union all\nselect {literal(way.parent)}, 'row security hides its rows from who fills {relation}',\n"
            f"    'Let protected(\"{way.parent}\") come after this: go back to before it first.'\n"
            "from pg_catalog.pg_class as c\n"
            f"where c.oid = pg_catalog.to_regclass({literal(way.parent)}) and c.relforcerowsecurity"
            f" and not exists ({standing})"
        ),
        relations=(relation,),
        offenders=offenders_of(relation, f"({way.found('t')}) is null") if isinstance(otherwise, Stop) else None,
    )


def _trigger(place: Place, way: _Way | None) -> Step:
    """Return the step by which a new row that names no tenant is given one; it comes before the old ones are filled."""
    shown, column, relation = qualified(place.relation), identifier(place.column), place.relation
    words = (place.column, *((qualified(way.parent), way.column) if way else ()))
    pairs = [name for pair in (way.pairs if way else ()) for name in pair]
    arguments = ", ".join(literal(word) for word in (*words, *pairs))
    return Step(
        name=f"trigger-{kebab(place.named('fill'))}",
        up=(
            (
                f"create trigger {_TRIGGER} before insert on {shown}\nfor each row when (new.{column} is null)\n"
                f"execute function ttdb.tg__fill_tenant({arguments});"
            ),
            f"comment on trigger {_TRIGGER} on {shown} is 'gives a row that names no tenant the one it belongs to';",
        ),
        down=(f"drop trigger {_TRIGGER} on {shown};",),
        holds=(
            "select exists (\n    select from pg_catalog.pg_trigger as t\n"
            f"    where t.tgrelid = pg_catalog.to_regclass({literal(relation)}) and t.tgname = {literal(_TRIGGER)}\n"
            "        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__fill_tenant()') and t.tgenabled = 'O'\n"
            f"        and pg_catalog.strpos(pg_catalog.pg_get_triggerdef(t.oid), {literal(f'({arguments})')}) > 0\n)"
        ),
        relations=(relation,),
    )


def _filled(place: Place, way: _Way) -> Step:
    """Return the backfill; rows that find no tenant stay without, for the constraint to settle."""
    column = identifier(place.column)
    return backfill(
        place.relation,
        set=f"{column} = ({way.found('t')})",
        where=f"t.{column} is null and ({way.found('t')}) is not null",
        name=f"fill-{kebab(place.named('values'))}",
    )


def never_without(place: Place, otherwise: Choice = STOP) -> tuple[Step, ...]:
    """Return the steps that let no row be without a tenant: the CHECK first, which spares NOT NULL its own scan."""
    shown, column, relation = qualified(place.relation), identifier(place.column), place.relation
    return (
        *check(
            relation,
            place.named("must_be_known"),
            f"{column} is not null",
            comment="the row belongs to no tenant",
            otherwise=otherwise,
        ),
        Step(
            name=f"not-null-{kebab(place.named('column'))}",
            up=(f"alter table {shown} alter column {column} set not null;",),
            down=(f"alter table {shown} alter column {column} drop not null;",),
            holds=(
                "select exists (\n    select from pg_catalog.pg_attribute as a\n"
                f"    where a.attrelid = pg_catalog.to_regclass({literal(relation)})\n"
                f"        and a.attname = {literal(place.column)} and a.attnotnull\n)"
            ),
            relations=(relation,),
        ),
    )


def _keyed(place: Place, key: Sequence[str]) -> Step:
    """Return the step that gives foreign keys with the tenant something to point at."""
    columns = place.columns(key)
    return index(place.named("key"), place.relation, columns, comment="a row by its tenant and key", unique=True)


def _kept_with(place: Place, way: _Way) -> tuple[Step, ...]:
    """Return the steps that keep a row with its parent's tenant; who deletes a parent meets the rules of before."""
    others = [pair for pair in way.pairs if pair != (place.column, way.column)]
    if not others:
        return ()
    here, there = zip(*others, strict=True)
    names = place.columns(here)
    return (
        index(place.named("idx", *here), place.relation, names, comment=f"rows of one in {way.parent}"),
        *foreign_key(
            place.relation,
            place.named("fkey", *here),
            [place.column, *here],
            way.parent,
            [way.column, *there],
            comment=f"it belongs to another tenant's row in {way.parent}, or to none",
            ondelete="no action",
        ),
    )


def closed(relation: str) -> Step:
    """Return a step that closes a table to all but operators: whose its rows are has not been decided."""
    shown, about = qualified(relation), "For operators alone: whose these rows are is not decided."
    return Step(
        name=f"close-{kebab(relation)}",
        up=(
            f"alter table {shown} enable row level security;",
            f"alter table {shown} force row level security;",
            f"create policy all_operator on {shown} to ttdb_operator using (true) with check (true);",
            f"grant select, insert, update, delete on {shown} to ttdb_operator;",
            f"comment on policy all_operator on {shown} is {literal(about)};",
        ),
        down=(
            f"drop policy all_operator on {shown};",
            f"revoke select, insert, update, delete on {shown} from ttdb_operator;",
            f"alter table {shown} no force row level security;",
            f"alter table {shown} disable row level security;",
        ),
        holds=(
            "select exists (\n    select from pg_catalog.pg_class as c\n"
            f"    where c.oid = pg_catalog.to_regclass({literal(relation)}) and c.relrowsecurity\n"
            "        and c.relforcerowsecurity\n"
            "        and exists (select from pg_catalog.pg_policy as p where p.polrelid = c.oid"
            " and p.polname = 'all_operator')\n)"
        ),
        relations=(relation,),
    )
