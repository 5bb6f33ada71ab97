"""Plant known values in one row of a table, as the overseer, and read what a masked role is shown of that row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.catalog import TABLES, VIEWS, Relation
from ttdb.validate.ground import Row
from ttdb.validate.personal import Kind, Personal, personal
from ttdb.validate.probes import Probe, formed_as, probe
from ttdb.validate.world import World

_ROWS = 200  # of a view that does not show its table's key
_FAILED = "22"  # class of SQLSTATEs: the value could not be handled


@dataclass(frozen=True, slots=True)
class Shown:
    """What a masked role was shown of the row in one relation."""

    relation: Relation
    before: tuple[Mapping[str, str], ...]  # columns as text
    after: tuple[Mapping[str, str], ...]
    error: str = ""  # the server's own words, where reading failed because of a value


@dataclass(frozen=True, slots=True)
class Planted:
    """One row with planted values, and what came of reading it."""

    role: str
    tenant: str
    update: sql.Composed
    row: Row  # as it was before
    probes: Mapping[Personal, Probe]
    shown: tuple[Shown, ...] = field(default=())


def plant(world: World, role: str, when: str) -> list[Planted]:
    """Plant the values of a round in each table that a masked role sees something of."""
    return world.once(("planted", role, when), lambda: list(_plant(world, role, when)))


def _plant(world: World, role: str, when: str) -> Iterator[Planted]:
    columns: dict[int, list[Personal]] = {}
    for each in personal(world.found):
        columns.setdefault(each.relation.oid, []).append(each)
    for oid, listed in columns.items():
        readers = _readers(world, role, oid)
        holding = world.ground.holdings.get(oid)
        if not readers or holding is None or not holding.rows:
            continue
        tenant, rows = next(iter(holding.rows.items()))
        chosen = {each: made for each in listed if (made := probe(each.kind, when)) is not None}
        whole = _try(world, role, tenant, rows[0], chosen, readers=readers) if chosen else None
        if whole is not None:
            yield whole
            continue
        for each, made in chosen.items():  # some value is refused: then one by one
            for value in (made, _formed_as_others(each, made, rows)):
                one = _try(world, role, tenant, rows[0], {each: value}, readers=readers) if value is not None else None
                if one is not None:
                    yield one
                    break


def _formed_as_others(column: Personal, made: Probe, rows: Sequence[Row]) -> Probe | None:
    """Return the probe in the form of a value that the column has, for the round of ordinary ones."""
    known = next((value for row in rows if isinstance(value := row.get(column.column.name), str)), None)
    return formed_as(made, known) if made.ordinary and known is not None else None


def _readers(world: World, role: str, oid: int) -> list[Relation]:
    """Return what the role may read that shows the table as it is now, and other tables that triggers may copy to."""
    return [
        relation
        for relation in world.readable(role)
        if relation.kind != "m"
        and (
            relation.oid == oid
            or oid in world.found.catalog.bases.get(relation.oid, ())
            or (relation.kind in TABLES and relation.root is None)
        )
    ]


def _try(  # noqa: PLR0913 - one planting
    world: World, role: str, tenant: str, row: Row, chosen: Mapping[Personal, Probe], *, readers: list[Relation]
) -> Planted | None:
    relation = next(iter(chosen)).relation
    update = _update(world, relation, row, chosen)
    shown = []
    with world.acting_as(role, world.context(tenant)) as acting:
        before = {each.oid: _read(world, acting, role, each, source=relation, row=row)[0] for each in readers}
        if acting.oversee(update).count != 1:
            return None
        for each in readers:
            after, error = _read(world, acting, role, each, source=relation, row=row)
            shown.append(Shown(each, before[each.oid], after, error))
    return Planted(role, tenant, update, row, chosen, tuple(shown))


def _update(world: World, relation: Relation, row: Row, chosen: Mapping[Personal, Probe]) -> sql.Composed:
    pairs = []
    for each, made in chosen.items():
        name, literal = sql.Identifier(each.column.name), sql.Literal(made.value)
        form = (
            "{} = {}::{}" if each.kind is not Kind.DOCUMENT else "{} = (coalesce({}::jsonb, '{{}}') || {}::jsonb)::{}"
        )
        values = (name, literal) if each.kind is not Kind.DOCUMENT else (name, name, literal)
        pairs.append(sql.SQL(form).format(*values, sql.SQL(each.column.type)))  # as the catalog has it
    return sql.SQL("update {} as r set {} where {}").format(
        relation.identifier, sql.SQL(", ").join(pairs), world.identity(relation, [row])
    )


def _read(  # noqa: PLR0913 - one reading
    world: World, acting: Acting, role: str, relation: Relation, *, source: Relation, row: Row
) -> tuple[tuple[Mapping[str, str], ...], str]:
    rights = world.rights[role, relation.oid]
    names = [column.name for column in relation.columns if rights.may_read(column.name)]
    columns = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in names)
    outcome = acting.attempt(
        sql.SQL("select to_jsonb(s.*) from (select {} from {} as r where {} limit {}) as s").format(
            columns, relation.identifier, _where(world, source, row, relation, names), sql.Literal(_ROWS)
        )
    )
    if not outcome.done:
        return (), outcome.message if (outcome.sqlstate or "").startswith((_FAILED, "P0")) else ""
    return tuple({name: as_text(value) for name, value in line[0].items()} for line in outcome.rows), ""


def _where(world: World, source: Relation, row: Row, relation: Relation, names: list[str]) -> sql.Composable:
    """Return what finds the row: its key in the table and in views that show it; else what this transaction wrote."""
    if source.key and set(source.key) <= set(names) and (relation.oid == source.oid or relation.kind in VIEWS):
        return world.identity(replace(source, key=source.key), [row])
    if relation.kind in TABLES and len(names) == len(relation.columns):
        return sql.SQL("age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")
    return sql.SQL("true")


def as_text(value: object) -> str:
    """Return a value as a person reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
