"""Rows that a fill, a repair or a quarantine is yet to change or take out: if they break a rule, is asked after it."""

import re
from collections.abc import Collection
from dataclasses import replace

from ttdb.migrate.literal import qualified
from ttdb.migrate.step import Backfill, Step
from ttdb.postgres.connect import Connection

_COLUMNS = """\
select a.attname::text from pg_catalog.pg_attribute as a
where a.attrelid = pg_catalog.to_regclass(%s) and a.attnum > 0 and not a.attisdropped
"""


def asked_after(connection: Connection, step: Step, pending: Collection[Backfill]) -> Step:
    """Return a step; where one of these changes what it asks of its rows, as one that nothing stops beforehand.

    It asks once it is its turn. What has nothing to do with its columns leaves it as it is.
    """
    if step.offenders is None or step.mends_offenders:
        return step
    changes = [_changes(each) for each in pending if each.relation == step.relations[0]]
    if not changes:
        return step
    columns = [name for (name,) in connection.execute(_COLUMNS, (step.relations[0],))]
    condition = step.offenders.rpartition(f"from {qualified(step.relations[0])} as t where ")[2]  # else the whole
    asked = [name for name in columns if _names(condition, name)]
    settled = any(_names(text, name) for name in asked for text in changes)
    return replace(step, mends_offenders=True) if settled else step


def _changes(what: Backfill) -> str:
    """Return the text that names what a backfill changes; which rows it takes out, for a quarantine."""
    return what.assignments if what.into is None else what.where


def _names(text: str, column: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", text, re.IGNORECASE) is not None
