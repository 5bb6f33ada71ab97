'''
code = "MSK002"
name = "masked-value-read"
severity = "error"
since = "0.1.0"
title = "A masked role reads a raw personal value"
why = """
A role that may only see masked values finds a raw one in something that it may read: a view whose mask does nothing, a
table, a copy, a JSON document. Raw values of a few rows are looked for in everything that the role can read,
and in the error in which reading it ends.
"""
bad = """
create or replace view masked.people with (security_barrier = false) as
select id, org_id, email from app.people;
"""
fix = """
create or replace view masked.people with (security_barrier = false) as
select id, org_id, pg_catalog.left(email, 1) || '***' as email from app.people;
"""
given = """
create schema if not exists masked;
create table app.people (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null references app.orgs on delete cascade,
    email text not null
);
create index people_org_id_idx on app.people (org_id);
"""
'''

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate import widening
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.conditions import line_of
from ttdb.validate.evidence import script, text
from ttdb.validate.ground import Row
from ttdb.validate.guises import settings_of
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Kind, kind_of_key, personal
from ttdb.validate.taint import under_keys
from ttdb.validate.world import World

_TELLING = 5  # shorter values appear by chance
_SUBSTANCE, _NUMBERED, _DIGITS = 9, 7, 3  # so long, a value tells also inside a longer one; a shorter by its digits
_TENANTS, _SWITCHES = 2, 16
_MANY = 2_000  # rows; a view that shows one of them raw shows the others so too
_QUOTED, _PIECE = re.compile(r'"([^"]+)"'), _NUMBERED  # what an error repeats of the value that could not be handled
_OF_VALUES = ("22", "P0")  # classes of SQLSTATEs: a value could not be handled, or a function says so
_JSON, _MASKED = ("json", "jsonb"), "**"
_PARTS = (Kind.TEXT, Kind.DOCUMENT)  # of these only parts are personal
_TOLD = "ttdb.told"
_CARRIER = "ttdb.raw"  # the setting that carries the raw value in the evidence, so that the text holds none


@dataclass(frozen=True, slots=True)
class _Raw:
    """One raw value, and where it is from."""

    value: str
    source: Relation
    column: str
    row: Row
    inferred: bool
    path: tuple[str, ...] = ()  # in a document


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for raw values of personal columns in all that each masked role may read."""
    for role in world.attackers:
        if role not in world.found.roles.masked:
            continue
        told: set[int] = set()
        for tenant in world.ground.tenants[:_TENANTS]:
            values = _raw(world, tenant)
            for relation in world.readable(role):
                if values and relation.oid not in told:
                    honest = world.context(tenant)
                    said = chain([honest], _switches(world, relation, honest))
                    looks = (_look(world, relation, role, settings, values) for settings in said)
                    hole = next(filter(None, looks), None)
                    if hole is not None:
                        told.add(relation.oid)
                        yield hole


def _switches(world: World, relation: Relation, honest: dict[str, str]) -> Iterator[dict[str, str]]:
    """Return contexts with settings, and claims beside the tenant's, that what masks the relation's values asks."""
    for name in sorted(settings_of(world, [relation.oid])):
        if name not in world.found.tenant_settings or world.contexts.tenant_keys(name):
            values = widening.values(world, name)[:_SWITCHES]
            yield from (world.contexts.widened(honest, name, value) for value in values)


def _raw(world: World, tenant: str) -> dict[str, _Raw]:
    """Return raw values of a tenant's rows."""
    found: dict[str, _Raw] = {}
    for each in personal(world.found):
        holding = world.ground.holdings.get(each.relation.oid)
        for row in holding.rows.get(tenant, ()) if holding and each.kind not in _PARTS else ():
            value = row.get(each.column.name)
            if isinstance(value, str) and len(value) >= _TELLING:
                raw = _Raw(value.lower(), each.relation, each.column.name, row, each.inferred)
                found.setdefault(raw.value, raw)
    for raw in _raw_in_documents(world, tenant):
        found.setdefault(raw.value, raw)
    return found


def _raw_in_documents(world: World, tenant: str) -> Iterator[_Raw]:
    """Return what a tenant's documents hold under keys that say it is personal; a trail may have it masked."""
    trails = {trail.relation.oid for trail in world.found.trails}
    for oid, holding in world.ground.holdings.items():
        relation = world.relation(oid)
        documents = [each.name for each in relation.columns if each.type in _JSON]
        for row in (
            holding.rows.get(tenant, ())
            if relation.kind in TABLES and relation.root is None and oid not in trails
            else ()
        ):
            for name in documents:
                for key, path, value in under_keys(row.get(name)):
                    if len(value) >= _TELLING and _MASKED not in value and kind_of_key(key) is not None:
                        yield _Raw(value.lower(), relation, name, row, inferred=True, path=path)


def _look(
    world: World, relation: Relation, role: str, settings: dict[str, str], values: dict[str, _Raw]
) -> Hole | None:
    long = [value for value in values if _tells_inside(value)]
    statement = sql.SQL(
        "select w.value from ({}) as r, lateral pg_catalog.jsonb_path_query(r.line, 'strict $.**') as v (v),"
        " unnest({}::text[]) as w (value) where lower(r.line::text) ~ {}"
        " and (lower(v.v #>> '{{}}') = w.value or (w.value = any({}::text[])"
        " and jsonb_typeof(v.v) = 'string' and strpos(lower(v.v #>> '{{}}'), w.value) > 0))"
        " limit 1"
    ).format(_lines(world, relation, role), sql.Literal(list(values)), sql.Literal(_any_of(values)), sql.Literal(long))
    with world.acting_as(role, settings) as acting:
        outcome = acting.attempt(statement)
    if (outcome.sqlstate or "").startswith(_OF_VALUES):
        return _refused(world, relation, role, settings, outcome.message, values)
    rows = outcome.rows
    if not rows:
        return None
    raw = values[rows[0][0]]
    detail = f"{role} reads raw values of {raw.source}.{raw.column}"
    return _hole(relation, role, raw, detail, _evidence(world, relation, role, settings, raw))


def _hole(relation: Relation, role: str, raw: _Raw, detail: str, evidence: str) -> Hole:
    return Hole(
        object=str(relation),
        role=role,
        detail=detail,
        cause=f"{relation} shows raw values",
        evidence=evidence,
        severity=Severity.WARNING if raw.inferred else None,
    )


def _refused(  # noqa: PLR0913, PLR0917 - one reading, and what came of it
    world: World, relation: Relation, role: str, settings: dict[str, str], message: str, values: dict[str, _Raw]
) -> Hole | None:
    """Return the hole where reading ends in an error that repeats a raw value, or a piece of one."""
    said, given = message.lower(), " ".join(settings.values()).lower()  # what was set tells nothing when it comes back
    pieces = [each for each in _QUOTED.findall(said) if _tells_inside(each) and each not in given]
    told = ((value, raw) for value, raw in values.items() if _tells_inside(value) and value not in given)
    raw = next((raw for value, raw in told if value in said or any(each in value for each in pieces)), None)
    if raw is None:
        return None
    detail = f"{role} is told raw values of {raw.source}.{raw.column} by the error in which reading it ends"
    return _hole(relation, role, raw, detail, _evidence_of_error(world, relation, role, settings, raw))


def _tells_inside(value: str) -> bool:
    """Tell whether a longer text that holds the value surely holds it not by chance."""
    return len(value) >= _SUBSTANCE or (len(value) >= _NUMBERED and sum(map(str.isdigit, value)) >= _DIGITS)


def _lines(world: World, relation: Relation, role: str) -> sql.Composed:
    """Return the select of rows as JSON: of many the first, among which are those whose values are known."""
    return sql.SQL("select {} as line from {} as r{}").format(
        line_of(relation, world.rights[role, relation.oid]),
        relation.identifier,
        sql.SQL(" limit {}").format(sql.Literal(_MANY)) if world.rows_behind(relation) > _MANY else sql.SQL(""),
    )


def _any_of(values: Iterable[str]) -> str:
    """Return the regular expression that finds, in a line of JSON, whether a closer look is worth its time."""
    return "|".join(re.sub(r"(\W)", r"\\\1", json.dumps(value, ensure_ascii=False)[1:-1]) for value in values)


def _evidence(world: World, relation: Relation, role: str, settings: dict[str, str], raw: _Raw) -> str:
    """Write a script that fetches the raw value by itself and shows the keys of the rows that hold it."""
    rights = world.rights[role, relation.oid]
    shown = [name for name in relation.key if rights.may_read(name)]
    columns = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in shown)
    show = sql.SQL(
        "select {} from {} as r where strpos(lower({}::text), pg_catalog.current_setting({})) > 0 limit 3"
    ).format(
        columns if shown else sql.SQL("'raw value seen'"),
        relation.identifier,
        line_of(relation, rights),
        sql.Literal(_CARRIER),
    )
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(role))
    return script(None, settings, f"{text(_fetch(world, raw))};", become, show)


def _evidence_of_error(world: World, relation: Relation, role: str, settings: dict[str, str], raw: _Raw) -> str:
    """Write a script that fetches the raw value by itself, and finds in the error a piece of it, or the whole."""
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(role))
    name = relation.identifier.as_string(None)
    catch = (
        f"do $read$ begin perform to_jsonb(r.*) from {name} as r; exception when others then"
        f" perform pg_catalog.set_config('{_TOLD}', lower(sqlerrm), true); end $read$;"
    )
    show = sql.SQL(
        "select 'a raw value in the error' where strpos(pg_catalog.current_setting({told}, true),"
        " pg_catalog.current_setting({raw})) > 0 or exists (select from pg_catalog.regexp_matches("
        "pg_catalog.current_setting({told}, true), {quoted}, 'g') as m"
        " where strpos(pg_catalog.current_setting({raw}), m[1]) > 0)"
    ).format(told=sql.Literal(_TOLD), raw=sql.Literal(_CARRIER), quoted=sql.Literal(f'"([^"]{{{_PIECE},}})"'))
    return script(None, settings, f"{text(_fetch(world, raw))};", become, catch, show)


def _fetch(world: World, raw: _Raw) -> sql.Composed:
    """Return the statement by which the overseer fetches the raw value, so that no text of ours holds it."""
    return sql.SQL(
        "select pg_catalog.set_config({}, (select lower(to_jsonb(r.{}) #>> {}::text[]) from {} as r where {}), true)"
        " is not null"
    ).format(
        sql.Literal(_CARRIER),
        sql.Identifier(raw.column),
        sql.Literal(list(raw.path)),
        raw.source.identifier,
        world.identity(raw.source, [raw.row]),
    )
