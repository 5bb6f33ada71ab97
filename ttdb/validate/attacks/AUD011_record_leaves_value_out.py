'''
code = "AUD011"
name = "record-leaves-value-out"
severity = "warning"
since = "0.1.0"
title = "The trail records that a row was changed, and leaves the amount or state out that was"
why = """
Whoever reads the trail sees that somebody changed the row, and not that its price or state is another now. Functions
take secrets out of the rows that they record; an amount or a state among them is no secret, and what the trail is for.
Each is changed by a role that may, and looked for in what was recorded.
"""
bad = """
create or replace function app.tg__note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, action, login, new)
    values (new.org_id, tg_op, session_user, to_jsonb(new) - array['pin', 'price']);
    return null;
end
$$;
"""
fix = """
create or replace function app.tg__note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, action, login, new)
    values (new.org_id, tg_op, session_user, to_jsonb(new) - array['pin']);
    return null;
end
$$;
"""
given = """
create table app.changes (
    id bigint generated always as identity primary key,
    org_id uuid not null references app.orgs on delete cascade, action text not null, login text not null, new jsonb
);
create index changes_org_id_idx on app.changes (org_id);
alter table app.changes enable row level security;
alter table app.changes force row level security;
create policy write_all on app.changes for insert to example_owner with check (true);
create table app.wares (
    id bigint generated always as identity primary key,
    org_id uuid not null references app.orgs on delete cascade, title text not null, price int not null, pin text
);
create index wares_org_id_idx on app.wares (org_id);
insert into app.wares (org_id, title, price) select id, title, 5 from app.orgs;
alter table app.wares enable row level security;
alter table app.wares force row level security;
create policy all_own_org on app.wares to example_app using (org_id = (select app.org()));
grant select, update on app.wares to example_app;
create function app.tg__note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, action, login, new)
    values (new.org_id, tg_op, session_user, to_jsonb(new) - array['pin']);
    return null;
end
$$;
revoke execute on function app.tg__note() from public;
alter table app.wares owner to example_owner;
alter table app.changes owner to example_owner;
alter function app.tg__note() owner to example_owner;
create trigger _900_note after update on app.wares for each row execute function app.tg__note();
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.changes import changes
from ttdb.validate.discover.omitted import is_weighty, omitted
from ttdb.validate.discover.trails import UPDATE, Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.world import World

_FRESH = sql.SQL("age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Change what a trail's function takes out of its records, where that is an amount or a state."""
    for trail in world.found.trails:
        told: set[tuple[int, str]] = set()
        for relation, trigger, column in _left_out(world, trail):
            if (trigger.function, column) not in told:
                hole = next(filter(None, _tried(world, trail, relation, trigger, column)), None)
                if hole is not None:
                    told.add((trigger.function, column))
                    yield hole


def _left_out(world: World, trail: Trail) -> Iterator[tuple[Relation, Trigger, str]]:
    for oid, triggers in trail.triggers.items():
        relation = world.found.catalog.relations.get(oid)
        for trigger in triggers if relation is not None else ():
            names = omitted(trigger) if trigger.fires and trigger.kind & UPDATE else ()
            for name in sorted(filter(is_weighty, names)):
                if relation is not None and relation.column(name) is not None:
                    yield relation, trigger, name


def _tried(world: World, trail: Trail, relation: Relation, trigger: Trigger, column: str) -> Iterator[Hole | None]:
    holding = world.ground.holdings.get(relation.oid)
    for tenant, rows in holding.rows.items() if holding else ():
        for role in world.app_attackers:
            rights = world.rights.get((role, relation.oid))
            if rights is not None and rights.updates:
                updates = (each for name, _, each in changes(world, relation, rows[0], rights, "") if name == column)
                for update in updates:
                    yield _look(world, trail, relation, trigger, column, role, tenant, rows[0], update)


def _look(  # noqa: PLR0913, PLR0917 - one change
    world: World,
    trail: Trail,
    relation: Relation,
    trigger: Trigger,
    column: str,
    role: str,
    tenant: str,
    row: Row,
    update: sql.Composed,
) -> Hole | None:
    value = sql.SQL("select to_jsonb(r.{}) from {} as r where {}").format(
        sql.Identifier(column), relation.identifier, world.identity(relation, [row])
    )
    settings = world.context(tenant)
    with world.acting_as(role, settings) as acting:
        changed = acting.attempt(update).count > 0
        now = acting.oversee(value).rows if changed else ()
        told = now and now[0][0] != row.get(column)
        recorded = [acting.oversee(_recorded(each)).rows for each in _trails(world, relation)] if told else []
    lines = [str(line) for rows in recorded for (line,) in rows]
    if (
        not lines
        or any(f'"{column}"' in line for line in lines)
        or not any(_tells_of(relation, line) for line in lines)
    ):
        return None
    shown = sql.SQL("{} and strpos(to_jsonb(t.*)::text, {}) = 0").format(_recorded(trail), sql.Literal(f'"{column}"'))
    return Hole(
        object=trigger.name,
        role=role,
        detail=f"{role} changes {column} of {relation}, and what {trigger.name} writes to {trail.relation} of it has"
        f" no {column}",
        cause="the trail leaves out what was changed",
        evidence=script(role, settings, update, AS_OVERSEER, shown),
    )


def _trails(world: World, relation: Relation) -> list[Trail]:
    """Return all trails of a table: what one leaves out may be in another."""
    return [each for each in world.found.trails if relation.oid in each.triggers]


def _tells_of(relation: Relation, line: str) -> bool:
    """Tell whether a record holds the row's columns by their names, so that one could be missing."""
    return any(f'"{column.name}"' in line for column in relation.columns if column.name not in relation.key)


def _recorded(trail: Trail) -> sql.Composed:
    return sql.SQL("select to_jsonb(t.*)::text from {} as t where {}").format(trail.relation.identifier, _FRESH)
