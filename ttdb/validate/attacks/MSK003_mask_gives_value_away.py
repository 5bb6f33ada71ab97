'''
code = "MSK003"
name = "mask-gives-value-away"
severity = "error"
since = "0.1.0"
title = "A masked role is shown a value that was planted in a personal column"
why = """
Known values are written to the personal columns of one row, and rolled back; what the masked role sees of that row, in
views, tables, and what triggers copy it to, must not give them away, also read backwards or decoded, nor may an error.
Short values, malformed ones and documents with unexpected keys are tried as well; that these pass is a warning, for no
row of today may have one. Personal columns are those registered, those that some view masks, and by their names.
"""
bad = """
create or replace view masked.people with (security_barrier) as
select p.id, p.org_id, case when length(p.email) < 16 then p.email else '***' end as email, null::jsonb as extra
from app.people as p;
"""
fix = """
create or replace view masked.people with (security_barrier) as
select p.id, p.org_id, '***'::text as email, null::jsonb as extra from app.people as p;
"""
given = """
create schema if not exists masked;
grant usage on schema masked to example_support;
create table app.people (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null references app.orgs on delete cascade,
    email text not null,
    extra jsonb not null default '{}'
);
create index people_org_id_idx on app.people (org_id);
insert into app.people (org_id, email) select o.id, 'one.of.' || o.title || '@people.example' from app.orgs as o;
alter table app.people enable row level security;
alter table app.people force row level security;
create policy support on app.people for select to example_owner using (org_id = (select app.org()));
create view masked.people with (security_barrier) as
select p.id, p.org_id, '***'::text as email, null::jsonb as extra from app.people as p;
alter table app.people owner to example_owner;
alter view masked.people owner to example_owner;
grant select on masked.people to example_support;
"""
subsumed_by = ["MSK002"]
'''

import json
from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.evidence import script, text
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Kind, Personal
from ttdb.validate.planting import Planted, Shown, plant
from ttdb.validate.probes import ROUNDS, Probe, reveals
from ttdb.validate.world import World


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Plant, and look."""
    for role in world.attackers:
        if role not in world.found.roles.masked:
            continue
        told: set[int] = set()
        lesser: dict[int, Hole] = {}  # which more may follow
        for when in ROUNDS:
            for planted in plant(world, role, when):
                for shown in planted.shown:
                    hole = _judge(world, planted, shown) if shown.relation.oid not in told else None
                    if hole is not None and hole.severity is Severity.WARNING:
                        lesser.setdefault(shown.relation.oid, hole)
                    elif hole is not None:
                        told.add(shown.relation.oid)
                        yield hole
        yield from (hole for oid, hole in lesser.items() if oid not in told)


def _judge(world: World, planted: Planted, shown: Shown) -> Hole | None:
    for personal, probe in planted.probes.items():
        if shown.error and reveals(probe, shown.error):
            detail = f"the error that {planted.role} gets shows the value of {personal}, for {probe.when}"
            return _hole(world, planted, shown, personal, detail, condition=None)
    old = _same(shown)
    cells = [(name, cell) for row in shown.after for name, cell in row.items()]
    seen = [(told, *each) for each in cells if (told := _revealed(planted, each[1], old.get(each[0], ""))) is not None]
    if seen:
        told, name, cell = min(seen, key=lambda each: each[0].inferred)
        detail = f"{planted.role} is shown {_what(planted.probes[told])} of {told} in column {name}"
        value = json.dumps(planted.probes[told].value, ensure_ascii=False)[1:-1]  # as it stands in a document
        # How many digits a number is written with, and how a document is, is the server's own business.
        within = told.kind is Kind.AMOUNT or (cell.startswith(("{", "[")) and value in cell)
        condition = _holds(name, value) if within else _is(name, cell)
        return _hole(world, planted, shown, told, detail, condition=condition)
    if shown.error and shown.before:
        personal, probe = next(iter(planted.probes.items()))
        detail = f"{planted.role} cannot read it when a personal column has {probe.when}: {shown.error}"
        return _hole(world, planted, shown, personal, detail, condition=None, fails=True)
    return None


def _revealed(planted: Planted, cell: str, old: str) -> Personal | None:
    """Return whose planted value a cell gives away: one that it holds whole, or else whatever part it shows."""
    whole = [each for each, probe in planted.probes.items() if probe.value.lower() in cell.lower()]
    longest = sorted(whole, key=lambda each: len(planted.probes[each].value), reverse=True)
    return next((each for each in (*longest, *planted.probes) if _is_new(planted.probes[each], cell, old)), None)


def _is_new(probe: Probe, cell: str, old: str) -> bool:
    return reveals(probe, cell) and not reveals(probe, old)


def _same(shown: Shown) -> dict[str, str]:
    """Return the row as it was before, where that can be told: there is one."""
    return dict(shown.before[0]) if len(shown.before) == 1 and len(shown.after) == 1 else {}


def _what(probe: Probe) -> str:
    return "the raw value" if probe.ordinary else f"{probe.when}, unmasked,"


def _holds(name: str, value: str) -> sql.Composed:
    return sql.SQL("strpos(to_jsonb(r.{})::text, {}) > 0").format(sql.Identifier(name), sql.Literal(value))


def _is(name: str, cell: str) -> sql.Composed:
    return sql.SQL("to_jsonb(r.{0}) #>> '{{}}' = {1} or r.{0}::text = {1}").format(
        sql.Identifier(name), sql.Literal(cell)
    )


def _hole(  # noqa: PLR0913 - one finding's facts
    world: World,
    planted: Planted,
    shown: Shown,
    personal: Personal,
    detail: str,
    *,
    condition: sql.Composed | None,
    fails: bool = False,
) -> Hole:
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(planted.role))
    show = sql.SQL("select 'raw value seen' from {} as r where {} limit 3").format(
        shown.relation.identifier, condition if condition is not None else sql.SQL("true")
    )
    source = next(iter(planted.probes))
    surely = planted.probes[personal].ordinary and condition is not None and not fails and not personal.inferred
    return Hole(
        object=str(shown.relation),
        role=planted.role,
        detail=detail,
        severity=None if surely else Severity.WARNING,
        cause=f"{shown.relation} shows what {source.relation} holds",
        evidence=script(None, world.context(planted.tenant), f"{text(planted.update)};", become, show),
    )
