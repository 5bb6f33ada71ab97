"""Others' rows as a number and a digest for each table: equal before and after what a tenant does."""

from collections.abc import Mapping

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.catalog import TABLES
from ttdb.validate.ground import source_of
from ttdb.validate.world import World

_LARGE, _AT_ONCE = 100_000, 20
_DIGEST = "count(*)::text || ' ' || coalesce(sum(pg_catalog.hashtextextended((r.*)::text, 0)), 0)::text"


def digests(world: World, actor: str) -> dict[int, sql.Composed]:
    """Return, for each table with rows of others, the select of their digest."""
    found: dict[int, sql.Composed] = {}
    for oid in world.ground.holdings:
        relation = world.relation(oid)
        victims = [row for _, row in world.ground.victims(oid, actor)]
        if relation.kind not in TABLES or relation.root is not None or not victims:
            continue
        source, tenant = source_of(world.found, relation)
        others = sql.SQL("{} <> {}").format(tenant, sql.Literal(actor))
        if relation.estimated_rows > _LARGE:  # what is done to one row of a kind is done to those that were sampled
            others = world.identity(relation, victims)
        if any(hop.several for hop in world.found.paths.get(oid, ())):  # whom the tenant names too is as he was
            source, others = sql.SQL("{} as r").format(relation.identifier), world.identity(relation, victims)
        found[oid] = sql.SQL("select {} from {} where {}").format(sql.SQL(_DIGEST), source, others)
    return found


def taken(acting: Acting, digests: Mapping[int, sql.Composed]) -> dict[int, str]:
    """Take the digests, as the overseer; a table that cannot be read is left out."""
    found: dict[int, str] = {}
    oids = list(digests)
    for start in range(0, len(oids), _AT_ONCE):
        found |= _part(acting, {oid: digests[oid] for oid in oids[start : start + _AT_ONCE]})
    return found


def _part(acting: Acting, digests: Mapping[int, sql.Composed]) -> dict[int, str]:
    outcome = acting.oversee(
        sql.SQL(" union all ").join(
            sql.SQL("select {}, ({})").format(sql.Literal(oid), digest) for oid, digest in digests.items()
        )
    )
    if outcome.done:
        return dict(outcome.rows)
    if len(digests) == 1:
        return {}
    return {oid: value for one, digest in digests.items() for oid, value in _part(acting, {one: digest}).items()}
