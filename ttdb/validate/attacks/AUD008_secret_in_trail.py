'''
code = "AUD008"
name = "secret-in-trail"
severity = "warning"
since = "0.1.0"
title = "The trail keeps a secret whole"
why = """
A trigger that records whole rows copies hashes of passwords, keys and tokens too, and keeps them after they were
changed. Who may read the trail, an auditor or an operator, then holds what nobody granted him; it is an error where the
application's roles do. Who may read the column itself as well still finds there what was changed since: a warning. A
row of each recorded table with such a column is changed, the trail is read as each role that may read it, and all is
rolled back.
"""
bad = """
create or replace function app.tg__note() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (coalesce(new.org_id, old.org_id), tg_table_name, tg_op, session_user, to_jsonb(old), to_jsonb(new));
    return null;
end
$$;
"""
fix = """
create or replace function app.tg__note() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (
        coalesce(new.org_id, old.org_id), tg_table_name, tg_op, session_user,
        to_jsonb(old) - 'password_hash', to_jsonb(new) - 'password_hash'
    );
    return null;
end
$$;
"""
given = """
create table app.changes (
    id bigint generated always as identity primary key,
    org_id uuid not null references app.orgs on delete cascade, table_name text not null, action text not null,
    login text not null, old jsonb, new jsonb
);
create index changes_org_id_idx on app.changes (org_id);
alter table app.changes enable row level security;
alter table app.changes force row level security;
create policy write_all on app.changes for insert to example_owner with check (true);
create policy read_all on app.changes for select to example_worker using (true);
grant select on app.changes to example_worker;
create table app.accounts (
    id bigint generated always as identity primary key,
    org_id uuid not null references app.orgs on delete cascade, login text not null, password_hash text not null
);
create index accounts_org_id_idx on app.accounts (org_id);
insert into app.accounts (org_id, login, password_hash) select id, title, md5(title) from app.orgs;
alter table app.accounts enable row level security;
alter table app.accounts force row level security;
create policy all_own_org on app.accounts to example_app using (org_id = (select app.org()));
grant select, insert, update, delete on app.accounts to example_app;
create function app.tg__note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (
        coalesce(new.org_id, old.org_id), tg_table_name, tg_op, session_user,
        to_jsonb(old) - 'password_hash', to_jsonb(new) - 'password_hash'
    );
    return null;
end
$$;
revoke execute on function app.tg__note() from public;
alter table app.accounts owner to example_owner;
alter table app.changes owner to example_owner;
alter function app.tg__note() owner to example_owner;
create trigger _900_note after insert or update or delete on app.accounts for each row execute function app.tg__note();
"""
'''

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.changes import changes
from ttdb.validate.conditions import line_of
from ttdb.validate.discover.trails import Trail
from ttdb.validate.evidence import script
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Kind, Personal, kind_of, personal
from ttdb.validate.rights import ALL, Rights, rights_of
from ttdb.validate.world import World

_TELLING, _TRIES = 8, 4  # characters of a secret; changes of a row
_TENANTS, _SOME = 3, sql.SQL("select to_jsonb(r.*) from {} as r limit 5")  # for a row that is no tenant's
_CARRIER = "ttdb.raw"  # the setting that carries the secret in the evidence, so that the text holds none
_FRESH = sql.SQL("age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")


@dataclass(frozen=True, slots=True)
class _Case:
    """One recorded row with a secret, its trail, and who reads that."""

    world: World
    trail: Relation
    secret: Personal
    tenant: str
    row: Row
    readers: Mapping[str, Rights]  # of the trail
    knowing: Collection[str]  # who of them may read the secret at its place too


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Change recorded rows that hold a secret, and look for it as those who read the trail."""
    secrets = [each for each in personal(world.found) if each.kind is Kind.SECRET and not each.inferred]
    for trail in world.found.trails:
        recorded = {world.relation(oid).root or oid for oid in trail.triggers if oid in world.found.catalog.relations}
        for secret in (*secrets, *_of_nobodys(world, recorded)):
            if secret.relation.oid in recorded:
                hole = next(filter(None, map(_look, _cases(world, trail, secret))), None)
                if hole is not None:
                    yield hole


def _of_nobodys(world: World, recorded: Collection[int]) -> Iterator[Personal]:
    """Return the secrets of recorded tables that have no tenant, as those of logins in several."""
    for relation in map(world.relation, recorded):
        if relation.oid not in world.ground.holdings or world.found.shared(relation.oid):
            for column in relation.columns:
                if kind_of(relation, column) is Kind.SECRET:
                    yield Personal(relation, column, Kind.SECRET)


def _cases(world: World, trail: Trail, secret: Personal) -> Iterator[_Case]:
    """Return rows with the secret: one of the table's, or several where no tenant's may be the one that sees it."""
    readers, knowing = _readers(world, trail, secret)
    holding = world.ground.holdings.get(secret.relation.oid)
    if readers and holding is not None and not world.found.shared(secret.relation.oid):
        held = [(tenant, row) for tenant, rows in holding.rows.items() for row in rows[:1]]
        found = _telling(secret, held)
        yield from (_Case(world, trail.relation, secret, *row, readers, knowing) for row in islice(found, 1))
    elif readers:
        rows = [row[0] for row in world.oversee(_SOME.format(secret.relation.identifier)).rows]
        found = _telling(secret, product(world.ground.tenants[:_TENANTS], rows))
        yield from (_Case(world, trail.relation, secret, *row, readers, knowing) for row in found)


def _telling(secret: Personal, rows: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    for tenant, row in rows:
        value = row.get(secret.column.name)
        if isinstance(value, str) and len(value) >= _TELLING:
            yield tenant, row


def _readers(world: World, trail: Trail, secret: Personal) -> tuple[dict[str, Rights], Collection[str]]:
    """Return who may read the trail, not the owners of what makes it; and who of them knows the secret anyway.

    Those who do not come first.
    """
    makers = {trail.relation.owner, secret.relation.owner, *(each.owner for each in trail.writers)}
    names = [
        role.name
        for role in world.found.catalog.roles.values()
        if role.name not in makers and not role.superuser and world.sessions.may_act_as(role.name)
    ]
    oids = (trail.relation.oid, secret.relation.oid)
    rights = rights_of(world.sessions.overseer, names, oids)
    readers = {name: rights[name, oids[0]] for name in names if (name, oids[0]) in rights}
    readers = {name: each for name, each in readers.items() if each.selects}
    knowing = {
        name for name in readers if (name, oids[1]) in rights and rights[name, oids[1]].may_read(secret.column.name)
    }
    roles = world.found.catalog.roles
    telling = [name for name in readers if name not in knowing or not roles[name].bypasses]  # such a one reads all
    return {name: readers[name] for name in sorted(telling, key=knowing.__contains__)}, knowing


def _look(case: _Case) -> Hole | None:
    """Change the row in one way after another, until a reader sees its secret in the trail."""
    world = case.world
    updates = changes(world, case.secret.relation, case.row, ALL, "")
    for _, _, update in islice(updates, _TRIES):
        for reader, rights in case.readers.items():
            settings = world.context(case.tenant)
            with world.acting_as(reader, settings) as acting:
                changed = acting.oversee(update).count > 0
                value = str(case.row[case.secret.column.name])
                seen = changed and acting.attempt(_shown(case, rights, sql.Literal(value), sql.SQL("1"))).rows
            if seen:
                return _hole(case, reader, settings, update)
    return None


def _shown(case: _Case, rights: Rights, value: sql.Composable, columns: sql.Composable) -> sql.Composed:
    """Return the select of rows of the trail that hold the value; of a trail that is read whole, of those just made."""
    fresh = _FRESH if rights.select_columns is None else sql.SQL("true")
    return sql.SQL("select {} from {} as r where {} and strpos({}::text, {}) > 0 limit 3").format(
        columns, case.trail.identifier, fresh, line_of(case.trail, rights), value
    )


def _hole(case: _Case, reader: str, settings: Mapping[str, str], update: sql.Composed) -> Hole:
    rights, secret, trail = case.readers[reader], case.secret, case.trail
    fetch = sql.SQL(
        "select pg_catalog.set_config({}, (select r.{}::text from {} as r where {}), true) is not null"
    ).format(
        sql.Literal(_CARRIER),
        sql.Identifier(secret.column.name),
        secret.relation.identifier,
        case.world.identity(secret.relation, [case.row]),
    )
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(reader))
    carried = sql.SQL("pg_catalog.current_setting({})").format(sql.Literal(_CARRIER))
    show = _shown(case, rights, carried, _columns(trail, rights))
    return Hole(
        object=str(trail),
        role=reader,
        severity=Severity.ERROR if reader in case.world.attackers and reader not in case.knowing else None,
        detail=f"{reader} reads {secret} in {trail}, where the trail keeps it after it is changed"
        if reader in case.knowing
        else f"{reader}, who may not read {secret}, reads it in {trail}, where the trail keeps whole rows",
        cause="the trail keeps secrets",
        evidence=script(None, settings, fetch, update, become, show),
        fix=f"-- let the function that writes {trail} leave {secret.column.name} out, as to_jsonb(new) -"
        f" '{secret.column.name}', and take it out of what is there already",
    )


def _columns(trail: Relation, rights: Rights) -> sql.Composable:
    names: Sequence[str] = [name for name in trail.key if rights.may_read(name)]
    return sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in names) if names else sql.SQL("1")
