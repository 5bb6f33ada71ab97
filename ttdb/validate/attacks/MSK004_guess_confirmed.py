'''
code = "MSK004"
name = "guess-confirmed"
severity = "error"
since = "0.1.0"
title = "A masked role can confirm a guess of a masked value"
why = """
A token stands for the value, and who can make the same token from a guess knows when the guess is right: phone numbers
and e-mail addresses are few enough to try them all. A known value is planted; the masked role recomputes what it is
shown from it, with digests that need no key or a key that it can read, and calls the functions that it may with the
right value and with a wrong one: of an amount, as a salary, with the number itself and the one below, for who may
compare finds it by halves.
"""
bad = """
create or replace view masked.people with (security_barrier) as
select p.id, p.org_id, md5(lower(p.email)) as email from app.people as p;
"""
fix = """
create or replace view masked.people with (security_barrier) as
select p.id, p.org_id, '***'::text as email from app.people as p;
"""
given = """
create schema if not exists masked;
grant usage on schema masked to example_support;
create table app.people (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null references app.orgs on delete cascade,
    email text not null
);
create index people_org_id_idx on app.people (org_id);
insert into app.people (org_id, email) select o.id, 'one.of.' || o.title || '@people.example' from app.orgs as o;
alter table app.people enable row level security;
alter table app.people force row level security;
create policy support on app.people for select to example_owner using (org_id = (select app.org()));
create view masked.people with (security_barrier) as
select p.id, p.org_id, '***'::text as email from app.people as p;
alter table app.people owner to example_owner;
alter view masked.people owner to example_owner;
grant select on masked.people to example_support;
"""
'''

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from psycopg import sql
from psycopg.rows import dict_row

from ttdb.model.validation import Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.arguments import NUMBERS, TEXTS, alike
from ttdb.validate.catalog import Relation
from ttdb.validate.digests import computed_with
from ttdb.validate.evidence import script, text
from ttdb.validate.hole import Hole
from ttdb.validate.keys import readable_keys
from ttdb.validate.personal import Kind, Personal
from ttdb.validate.planting import Planted, as_text, plant
from ttdb.validate.probes import ROUNDS, Probe
from ttdb.validate.queries import query
from ttdb.validate.world import World

_Call: TypeAlias = Callable[[str], sql.Composed]  # with a guess
_GUESSED = (Kind.EMAIL, Kind.PHONE, Kind.NAME, Kind.NUMBER, Kind.AMOUNT)
_COMPUTED = (*_GUESSED, Kind.DATE)  # the days of a life are few


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Plant known values, and try to tell them from wrong ones."""
    for role in world.attackers:
        if role in world.found.roles.masked:
            keys = readable_keys(world, role)
            told: set[str] = set()
            for planted in plant(world, role, ROUNDS[0]):
                for hole in (*_computed(world, planted, list(keys), keys), *_called(world, planted)):
                    if hole.object not in told:
                        told.add(hole.object)
                        yield hole


def _computed(world: World, planted: Planted, listed: list[str], keys: Mapping[str, str]) -> Iterator[Hole]:
    """Compute the tokens that changed with the planted values."""
    for shown in planted.shown:
        old = {each for row in shown.before for each in row.items()}
        for row in shown.after:
            for name, cell in row.items():
                if (name, cell) in old:
                    continue
                for personal, probe in _guessed(planted, _COMPUTED):
                    key = computed_with(cell, probe.value, listed)
                    if key is not None:
                        yield _by_digest(
                            world, planted, shown.relation, (name, cell), personal=personal, place=keys.get(key)
                        )


def _guessed(planted: Planted, kinds: Container[Kind] = _GUESSED) -> list[tuple[Personal, Probe]]:
    return [(each, probe) for each, probe in planted.probes.items() if each.kind in kinds]


def _by_digest(  # noqa: PLR0913 - one finding's facts
    world: World, planted: Planted, view: Relation, cell: tuple[str, str], *, personal: Personal, place: str | None
) -> Hole:
    tables = {str(world.relation(oid)) for role, oid in world.rights if role == planted.role}
    how = "without a key" if place is None else f"with a key that it reads in {place}"
    show = sql.SQL("select 'token of the guess' from {} as r where to_jsonb(r.{}) #>> '{{}}' = {} limit 3").format(
        view.identifier, sql.Identifier(cell[0]), sql.Literal(cell[1])
    )
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(planted.role))
    return Hole(
        object=place if place in tables else str(view),
        role=planted.role,
        detail=f"{planted.role} computes column {cell[0]} of {view} from a guess of {personal}, {how}",
        cause="masked values can be guessed",
        evidence=script(None, world.context(planted.tenant), f"{text(planted.update)};", become, show),
    )


def _called(world: World, planted: Planted) -> Iterator[Hole]:
    """Call functions with the planted value and with a wrong one: what a mask shows anyway is alike for both."""
    with world.sessions.overseer.cursor(row_factory=dict_row) as cursor:
        asked = {"role": planted.role, "volatile": world.disposable}
        functions = cursor.execute(query("guessers"), asked).fetchall()
    guessed = _guessed(planted)
    if not functions or not guessed:
        return
    cells = {cell for shown in planted.shown for row in shown.after for cell in row.values()}
    with world.acting_as(planted.role, world.context(planted.tenant)) as acting:
        ways = [
            (function, personal, probe, call)
            for function in functions
            for personal, probe in guessed
            for call in _calls(planted, function, probe)
            # What answers one number otherwise than the next, whatever the row says, tells nothing of it.
            if probe.kind is not Kind.AMOUNT or _tells(acting, call, probe) is None
        ]
        acting.oversee(planted.update)
        told: set[int] = set()
        for function, personal, probe, call in ways:
            answer = _tells(acting, call, probe) if function["oid"] not in told else None
            if answer is not None and (function["definer"] or answer in cells):
                told.add(function["oid"])
                yield _by_call(world, planted, function, call, personal=personal, probe=probe)


def _calls(planted: Planted, function: Mapping[str, Any], probe: Probe) -> Iterator[_Call]:
    """Return calls with a guess in the place of each text, or number, and what names the planted row in the others."""
    kinds, names = function["argument_types"], function["argument_names"]
    relation = next(iter(planted.probes)).relation
    guessed = NUMBERS if probe.kind is Kind.AMOUNT else TEXTS
    for place, kind in enumerate(kinds):
        others = [
            None if other == place else _naming(planted, relation, each, names[other] if other < len(names) else "")
            for other, each in enumerate(kinds)
        ]
        if kind in guessed and all(each is not None for other, each in enumerate(others) if other != place):
            yield partial(_call, function, place, others)


def _naming(planted: Planted, relation: Relation, kind: str, name: str) -> object:
    """Return a value of the row for an argument: of a column that is called so, or else of its key."""
    columns = [each for each in relation.columns if alike(each.type, kind) and planted.row.get(each.name) is not None]
    best = max(columns, key=lambda each: (each.name in name, each.name in relation.key, each.unique), default=None)
    return planted.row[best.name] if best is not None and (best.name in name or best.name in relation.key) else None


def _tells(acting: Acting, call: _Call, probe: Probe) -> str | None:
    """Return what a call answers to the right value, each time, where it answers another thing to a wrong one."""
    right, wrong = (_answer(acting, call(guess)) for guess in (probe.value, probe.mutant()))
    if not right or wrong is None or right == wrong or _echo(probe, right[0], wrong):
        return None
    return right[0] if _answer(acting, call(probe.value)) == right else None


def _answer(acting: Acting, call: sql.Composed) -> list[str] | None:
    """Return the texts that a call answers, undone; None where it is refused."""
    outcome = acting.tried(call)
    return [as_text(value) for row in outcome.rows for value in row if value is not None] if outcome.done else None


def _echo(probe: Probe, right: str, wrong: list[str]) -> bool:
    """Tell whether the function only gives back what it was given, changed or not."""
    return bool(wrong) and probe.value.lower() in right.lower() and probe.mutant().lower() in wrong[0].lower()


def _call(function: Mapping[str, Any], place: int, others: Sequence[object], guess: str) -> sql.Composed:
    given = [
        sql.Literal(guess) if other == place else sql.SQL("{}::{}").format(sql.Literal(str(value)), sql.SQL(kind))
        for other, (value, kind) in enumerate(zip(others, function["argument_types"], strict=True))
    ]
    name = sql.Identifier(function["schema"], function["name"])
    return sql.SQL("select to_jsonb(f) from {}({}) as f").format(name, sql.SQL(", ").join(given))


def _by_call(  # noqa: PLR0913 - one finding's facts
    world: World, planted: Planted, function: Mapping[str, Any], call: _Call, *, personal: Personal, probe: Probe
) -> Hole:
    name = f"{function['schema']}.{function['name']}({function['signature']})"
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(planted.role))
    show = sql.SQL(
        "select 'told apart' where (select jsonb_agg(a) from ({}) as a) is distinct from"
        " (select jsonb_agg(b) from ({}) as b)"
    ).format(call(probe.value), call(probe.mutant()))
    return Hole(
        object=name,
        role=planted.role,
        detail=f"{name} tells {planted.role} a right guess of {personal} from a wrong one",
        cause="masked values can be guessed",
        evidence=script(None, world.context(planted.tenant), f"{text(planted.update)};", become, show),
        fix=f"revoke execute on function {name} from public, {planted.role};",
    )
