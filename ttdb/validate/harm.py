"""What a transaction did to rows of other tenants, as one who sees everything compares."""

from collections.abc import Collection, Iterator

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.catalog import TABLES
from ttdb.validate.conditions import line_of, rendered
from ttdb.validate.functions import Call
from ttdb.validate.told import foreign
from ttdb.validate.world import World

_OWN = ("ttdb", "audit")  # where ttdb keeps what it does
_WROTE = sql.SQL("select 1 where pg_catalog.pg_current_xact_id_if_assigned() is not null")
_WRITTEN = sql.SQL(  # in this transaction
    "select s.relid::bigint from pg_catalog.pg_stat_xact_user_tables as s where s.n_tup_ins + s.n_tup_upd > 0"
)


def harmed_rows(
    world: World, acting: Acting, actor: str, *, apart: Collection[int] = (), given: Collection[str] = ()
) -> sql.Composed | None:
    """Return a select that shows that a row of another tenant is gone or was written; None where all are as before.

    Args:
        world: where.
        acting: the transaction in which it was done.
        actor: the tenant who did it.
        apart: tables that are not looked at.
        given: what the actor said: of a trail, rows for others are his only where he named them.

    """
    if not acting.oversee(_WROTE).rows:
        return None
    changed = world.once(("changed", actor, *sorted(apart)), lambda: list(map(rendered, _changed(world, actor, apart))))
    checks = [*changed, *_added(world, acting, actor, apart, given)]
    if not checks or not acting.oversee(sql.SQL(" union all ").join(checks)).rows:
        return None
    return next((each for each in checks if acting.oversee(each).rows), None)


def _changed(world: World, actor: str, apart: Collection[int]) -> Iterator[sql.Composed]:
    for oid in world.ground.holdings:
        relation = world.relation(oid)
        rows = [row for _, row in world.ground.victims(oid, actor)]
        if relation.kind not in TABLES or relation.root is not None or not relation.key or not rows or oid in apart:
            continue
        yield sql.SQL(
            "select 'changed' where (select count(*) from {} as r where {}"
            " and age(r.xmin) > age(pg_catalog.pg_current_xact_id()::xid)) < {}"
        ).format(relation.identifier, world.identity(relation, rows), sql.Literal(len(rows)))


def _added(
    world: World, acting: Acting, actor: str, apart: Collection[int], given: Collection[str]
) -> Iterator[sql.Composed]:
    """Look for new rows of other tenants in the tables that were written to."""
    trails = {trail.relation.oid for trail in world.found.trails}
    own = _OWN if world.found.registry.trail else ()
    for (oid,) in acting.oversee(_WRITTEN).rows:
        column, relation = world.found.tenant_columns.get(oid), world.found.catalog.relations.get(oid)
        if column is None or relation is None or relation.schema in own or {oid, relation.root} & {*apart}:
            continue
        others = [tenant for tenant in world.ground.tenants if tenant != actor]
        if {oid, relation.root} & trails:  # what was done with another's knowledge is there by right
            others = [tenant for tenant in others if tenant in given]
        if others:
            yield sql.SQL(
                "(select 'added' from {} as r where r.{}::text = any({})"
                " and age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid) limit 1)"
            ).format(relation.identifier, sql.Identifier(column), sql.Literal(others))


def taken_rows(world: World, acting: Acting, role: str, actor: str, call: Call) -> sql.Composed | None:
    """Return a select that shows others' values in rows that the transaction wrote and the role reads; None without.

    Args:
        world: where.
        acting: the transaction, in which the role acts.
        role: who reads.
        actor: the tenant for whom.
        call: what was done, of which nothing that was given tells.

    """
    for (oid,) in acting.oversee(_WRITTEN).rows:
        relation, rights = world.found.catalog.relations.get(oid), world.rights.get((role, oid))
        if relation is None or rights is None or not rights.selects:
            continue
        rows = sql.SQL(
            "select {} as line from {} as r where age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid) limit 20"
        ).format(line_of(relation, rights), relation.identifier)
        shown = foreign(world, call, actor, acting.attempt(rows))
        if shown is not None:
            form = sql.SQL("select 'of another tenant' from ({}) as x where {} limit 3")
            return form.format(rows, shown.within(sql.SQL("x.line")))
    return None
