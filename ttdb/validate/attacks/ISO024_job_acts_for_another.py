'''
code = "ISO024"
name = "job-acts-for-another"
severity = "error"
since = "0.1.0"
title = "What one tenant queues makes a job write for another"
why = """
A function that a worker calls for all tenants takes from a row, or from a document in it, for whom it acts. The
application writes such rows: one that names another tenant makes the worker write what that tenant never asked for. The
row's own tenant, which its policy holds to the session, says for whom it is. One row is queued, the function called as
the worker, and all is rolled back, so it is done only where the database may be harmed.
"""
bad = """
create function app.send_queued() returns integer language plpgsql set search_path = '' as $$
declare
    v_task record;
    v_sent integer := 0;
begin
    for v_task in select t.* from app.tasks as t where t.state = 'queued' loop
        insert into app.customers (org_id, email)
        values ((v_task.payload ->> 'org')::uuid, v_task.payload ->> 'email');
        v_sent := v_sent + 1;
    end loop;
    return v_sent;
end
$$;
"""
fix = """
create or replace function app.send_queued() returns integer language plpgsql set search_path = '' as $$
declare
    v_task record;
    v_sent integer := 0;
begin
    for v_task in select t.* from app.tasks as t where t.state = 'queued' loop
        insert into app.customers (org_id, email) values (v_task.org_id, v_task.payload ->> 'email');
        v_sent := v_sent + 1;
    end loop;
    return v_sent;
end
$$;
"""
given = """
create table app.tasks (
    org_id uuid not null references app.orgs on delete cascade, id bigint generated always as identity,
    state text not null default 'queued', payload jsonb not null, primary key (org_id, id)
);
alter table app.tasks enable row level security;
alter table app.tasks force row level security;
create policy own on app.tasks to example_app using (org_id = (select app.org()));
create policy worker on app.tasks to example_worker using (true);
grant select, insert on app.tasks to example_app;
grant select on app.tasks to example_worker;
grant insert on app.customers to example_worker;
insert into app.tasks (org_id, payload) select id, '{}' from app.orgs;
"""
slow = true
'''

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.answering import entering
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.discover.claims import names_tenant
from ttdb.validate.discover.settings import says_tenant
from ttdb.validate.documents import leaves
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.functions import Call, Function, jobs
from ttdb.validate.ground import Row
from ttdb.validate.harm import harmed_rows, taken_rows
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import Statement
from ttdb.validate.reaches import KEY, tables_in, with_called
from ttdb.validate.world import World

_BECOME = sql.SQL("set local session authorization {}")
_LARGE = 100_000  # rows of a queue; a larger one is not emptied
_DOCUMENTS, _NUMBERS = ("json", "jsonb"), ("smallint", "integer", "bigint", "numeric")
_AMONG = r"\b(?:where|and|or|when)\s+(?:\w+\.)?{}\s*(?:=|in\s*\()\s*'([^']*)'"  # the rows that a job looks for


@dataclass(frozen=True, slots=True)
class _Job:
    """A function, who calls it, and a table that it reads and a tenant writes."""

    world: World
    function: Function
    text: str  # of the function and those that it calls
    queue: Relation
    role: str
    actor: str
    victim: str

    @property
    def emptying(self) -> sql.Composed:
        """Return the statement that leaves nothing in the queue: what is there already is no doing of the actor's."""
        return sql.SQL("delete from {}").format(self.queue.identifier)

    @property
    def worker(self) -> str:
        """Return who calls the function."""
        return self.function.callers[0]

    @property
    def call(self) -> list[Statement]:
        """Return what the worker does: it works for nobody, and calls the function."""
        nobody: dict[str, str] = dict.fromkeys(self.world.context(self.actor), "")
        given = [
            sql.SQL("{}::{}").format(sql.SQL("100" if kind in _NUMBERS else "null"), sql.SQL(kind))
            for kind in self.function.argument_types
        ]
        form = sql.SQL("call {}({})" if self.function.procedure else "select to_jsonb(f) from {}({}) as f")
        call = form.format(sql.Identifier(self.function.schema, self.function.name), sql.SQL(", ").join(given))
        return [*([entering(nobody)] if nobody else []), call]


@dataclass(frozen=True, slots=True)
class _Harm:
    """What a job does for another tenant, and the statements that show it."""

    what: str
    shown: tuple[Statement | str, ...]


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Queue a row that names another tenant, call what takes it from there, and look at that tenant's rows."""
    tenants = world.ground.tenants
    if not world.disposable or len(tenants) < 2:  # noqa: PLR2004 - one and another
        return
    for function in jobs(world):
        text = with_called(world.found.catalog, [function.body])
        for oid in tables_in(world.found.catalog, text):
            queue = world.relation(oid)
            role = next((each for each in world.app_attackers if _queues(world, each, queue)), None)
            if role is not None and function.callers[0] not in world.attackers:
                hole = _try(_Job(world, function, text, queue, role, tenants[0], tenants[1]))
                if hole is not None:
                    yield hole
                    break


def _queues(world: World, role: str, relation: Relation) -> bool:
    rights = world.rights.get((role, relation.oid))
    held = relation.kind in TABLES and relation.oid in world.found.tenant_columns and relation.estimated_rows <= _LARGE
    return held and rights is not None and rights.inserts


def _try(job: _Job) -> Hole | None:
    world, settings = job.world, job.world.context(job.actor)
    with world.acting_as(job.role, settings) as acting:
        if not acting.oversee(job.emptying).done or _harm(job, acting, None) is not None:
            return None  # it acts for all tenants anyway
        for row in _rows(job):
            documents = (json.dumps(each, default=str) for each in row.values() if isinstance(each, dict))
            queued = Call(_insert(job, row), (*documents, *leaves(row)))
            harm = _harm(job, acting, queued)
            if harm is not None:
                return _hole(job, settings, queued.statement, harm)
    return None


def _harm(job: _Job, acting: Acting, queued: Call | None) -> _Harm | None:
    """Queue a row as the tenant, then call the function as the worker; return what shows what it did for another."""
    with acting.trial():
        if queued is not None and not acting.attempt(queued.statement).done:
            return None
        acting.become(job.worker)
        if not all(acting.attempt(each).done for each in job.call):
            return None
        harmed = harmed_rows(job.world, acting, job.actor, apart={job.queue.oid})
        if harmed is not None:
            return _Harm("writes for that tenant", (AS_OVERSEER, harmed))
        acting.become(job.role)
        own = entering(job.world.context(job.actor))
        acting.attempt(own)
        taken = taken_rows(job.world, acting, job.role, job.actor, queued or Call(own, ()))
        as_before = (_BECOME.format(sql.Identifier(job.role)), own)
        return None if taken is None else _Harm("writes what is that tenant's where it reads it", (*as_before, taken))


def _rows(job: _Job) -> Iterator[Row]:
    """Return rows to queue: one of the tenant's own, as the function looks for it, that names the other tenant."""
    holding = job.world.ground.holdings.get(job.queue.oid)
    own: Row = next(iter(holding.rows.get(job.actor, ())), {}) if holding is not None else {}
    taken = {*job.queue.key, job.world.found.tenant_columns[job.queue.oid]}
    row = {name: value for name, value in own.items() if name not in taken}
    for column in job.queue.columns:
        sought = re.search(_AMONG.format(re.escape(column.name)), job.text, re.IGNORECASE)
        if sought is not None and column.name not in taken:
            row[column.name] = sought[1]
    keys = list(dict.fromkeys(KEY.findall(job.text)))
    documents = [each.name for each in job.queue.columns if each.type in _DOCUMENTS]
    tenants = job.world.found.tenant_names
    told = {key: job.victim if names_tenant(key, tenants) else "1" for key in keys}
    for said in (told, dict.fromkeys(keys, job.victim)) if keys and documents else ():
        yield row | dict.fromkeys(documents, said)
    columns = [each.name for each in job.queue.columns if says_tenant(each.name) and each.name not in taken]
    if columns:
        yield row | dict.fromkeys(columns, job.victim)


def _insert(job: _Job, row: Row) -> sql.Composed:
    rights = job.world.rights[job.role, job.queue.oid]
    names = [
        each.name
        for each in job.queue.columns
        if each.name in row and not each.computed
        if rights.insert_columns is None or each.name in rights.insert_columns
    ]
    tenant = job.world.found.tenant_columns[job.queue.oid]
    whole = {**{name: row[name] for name in names}, tenant: job.actor}
    listed = sql.SQL(", ").join(map(sql.Identifier, whole))
    return sql.SQL("insert into {} ({}) select {} from jsonb_populate_record(null::{}, {})").format(
        job.queue.identifier, listed, listed, job.queue.identifier, sql.Literal(json.dumps(whole, default=str))
    )


def _hole(job: _Job, settings: dict[str, str], insert: sql.Composed, harm: _Harm) -> Hole:
    return Hole(
        object=str(job.function),
        role=job.role,
        detail=f"{job.role} queues a row in {job.queue} that names another tenant, and {job.function}, called by"
        f" {job.worker}, {harm.what}",
        cause="jobs act for whom a queued row names",
        evidence=script(
            None,
            settings,
            job.emptying,
            _BECOME.format(sql.Identifier(job.role)),
            insert,
            _BECOME.format(sql.Identifier(job.worker)),
            *job.call,
            *harm.shown,
        ),
        fix=f"-- let {job.function} act for the tenant of the row in {job.queue}, whatever else the row says",
    )
