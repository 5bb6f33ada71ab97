'''
code = "AUD003"
name = "change-without-trail"
severity = "error"
since = "0.1.0"
title = "A change to an audited table leaves no row in the trail"
why = """
The table is registered as audited, but an insert, as the application makes it, was not recorded: who changed what,
and when, is lost. One row is written, looked for in the trail in the same transaction, and rolled back.
"""
bad = """
alter table app.orders disable trigger all;
"""
fix = """
alter table app.orders enable trigger all;
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.rights import ALL, Rights
from ttdb.validate.rows import copies, delete, touch
from ttdb.validate.world import World

_RECORDED = sql.SQL("select 1 from audit.trail as t where t.transaction_id = pg_catalog.pg_current_xact_id() limit 1")
_LOST = sql.SQL(
    "select 'not recorded' where not exists"
    " (select from audit.trail as t where t.transaction_id = pg_catalog.pg_current_xact_id())"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Write one row to each audited table and look for it in the trail."""
    if not world.found.registry.trail:
        return
    for oid in world.found.registry.audited:
        relation = world.found.catalog.relations.get(oid)
        if relation is not None:
            yield from _table(world, relation)


def _table(world: World, relation: Relation) -> Iterator[Hole | Unproven]:
    holding = world.ground.holdings.get(relation.oid)
    writers = [
        role for role in world.app_attackers if (right := world.rights.get((role, relation.oid))) and right.inserts
    ]
    for tenant, rows in (holding.rows if holding else {}).items():
        for role in writers[:1]:
            recorded = _insert(world, relation, role, tenant, rows[0])
            if recorded is not None:
                yield from recorded
                return
    # No application role may insert: what it may do is tried, and shown, by the update.
    for role in world.app_attackers:
        rights = world.rights.get((role, relation.oid))
        if rights is not None and holding is not None and (rights.updates or rights.deletes):
            tried = _change(world, relation, role, rights)
            yield from tried if tried is not None else [_unproven(relation)]
            return
    if writers:
        yield _unproven(relation)


def _unproven(relation: Relation) -> Unproven:
    return Unproven(str(relation), "no change that the trail should record could be made to it")


def _insert(world: World, relation: Relation, role: str, tenant: str, row: Row) -> list[Hole] | None:
    settings = world.context(tenant)
    for copy in copies(world, relation, row, world.rights.get((role, relation.oid), ALL)):
        with world.acting_as(role, settings) as acting:
            acting.oversee(copy.prepare)
            if acting.attempt(copy.insert).count == 0:
                continue
            recorded = acting.oversee(_RECORDED)
        if not recorded.done:
            return None  # the time that locks may be held was up: nobody has looked
        if recorded.rows:
            return []
        become = sql.SQL("set local session authorization {}").format(sql.Identifier(role))
        prepared = f"{text(copy.prepare)};"
        return [_hole(relation, role, script(None, settings, prepared, become, copy.insert, AS_OVERSEER, _LOST))]
    return None


def _change(world: World, relation: Relation, role: str, rights: Rights) -> list[Hole] | None:
    for tenant, rows in world.ground.holdings[relation.oid].rows.items():
        statement = (
            delete(world, relation, rows[0], rights) if rights.deletes else touch(world, relation, rows[0], rights)
        )
        if statement is None:
            continue
        with world.acting_as(role, world.context(tenant)) as acting:
            if acting.attempt(statement).count == 0:
                continue
            recorded = acting.oversee(_RECORDED)
        if not recorded.done:
            return None
        if recorded.rows:
            return []
        return [_hole(relation, role, script(role, world.context(tenant), statement, AS_OVERSEER, _LOST))]
    return None


def _hole(relation: Relation, role: str, evidence: str) -> Hole:
    return Hole(
        object=str(relation),
        role=role,
        detail=f"a change by {role} is not in the trail",
        cause="audited tables are changed without a record",
        evidence=evidence,
    )
