"""What a tenancy file may not say of a database, told before any step is written."""

import re

from ttdb.errors import UsageError
from ttdb.shape import Schema, Table
from ttdb.tenancy.file import Decisions

_OURS = re.compile(r"(?:ttdb(?:_.*)?|audit|masked)")  # schemas


def platform_tables(schema: Schema) -> list[Table]:
    """Return the tables to decide on: no partitions, none of ttdb's own, and no record of Alembic's."""
    return [table for table in schema.tables.values() if table.root is None and not _is_own(table)]


def refuse_own_tables(schema: Schema, decisions: Decisions) -> None:
    """Refuse a file that decides on what ttdb and Alembic write themselves: closed, neither could go on.

    Raises:
        UsageError: it has a block for such a table.

    """
    own = {str(table) for table in schema.tables.values() if _is_own(table)}
    for each in decisions.tables:
        if each.table in own or _OURS.fullmatch(each.table.split(".", 1)[0]):
            message = f"{each.table} is a table of ttdb's or Alembic's own, and not to be decided on"
            raise UsageError(message, f'Take the block [tables."{each.table}"] out of the file.')


def _is_own(table: Table) -> bool:
    return bool(_OURS.fullmatch(table.schema)) or [column.name for column in table.columns] == ["version_num"]
