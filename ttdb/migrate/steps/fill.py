"""Backfills as steps: rows of a table in use are given what a new column must hold."""

from ttdb.migrate.literal import qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Backfill, Step


def backfill(relation: str, *, set: str, where: str, name: str | None = None) -> Step:  # noqa: A002 - reads as SQL does
    """Return a step that updates rows in batches along the primary key, as fast as the application bears.

    It sees every row, whatever row security hides from others, and continues where a killed run stopped. The way back
    leaves the values: their column goes with the step that added it.

    Args:
        relation: schema-qualified table, with a primary key.
        set: the assignments, in terms of the row ``t``: ``"tenant_id = (select ... where v.id = t.venue_id)"``.
        where: which rows need it; none may be left afterwards: ``"t.tenant_id is null"``.
        name: of the step; default ``fill-`` and the table.

    """
    place = qualified(relation)
    return Step(
        name=name or f"fill-{kebab(relation)}",
        up=(f"update {place} as t set {set} where {where};",),  # what --sql prints; online it goes in batches
        down=(),
        holds=f"select not exists (select from {place} as t where {where})",
        relations=(relation,),
        transaction=False,
        backfill=Backfill(relation, set, where),
    )
