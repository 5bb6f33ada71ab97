"""What a tenancy file may not say of a database, told before any step is written."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from ttdb.errors import UsageError
from ttdb.shape import Schema, Table
from ttdb.tenancy.file import Decisions
from ttdb.tenancy.quoting import identifier
from ttdb.tenancy.ways import key_of, single_keys

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


def tenants_of(tables: Mapping[str, Table], decisions: Decisions) -> Table:
    """Return the table of tenants.

    Raises:
        UsageError: there is none of that name.

    """
    found = tables.get(decisions.tenants)
    if found is None:
        near = get_close_matches(decisions.tenants, tables, 1)
        hint = f'Correct tenants in the file: did you mean "{near[0]}"?' if near else "Correct tenants in the file."
        raise UsageError(f'there is no table "{decisions.tenants}"', hint)
    return found


def tenants_key(schema: Schema, tenants: Table, chosen: str | None = None) -> str:
    """Return the column that names a tenant: a uuid, for that is what the session's tenant is.

    Args:
        schema: the database.
        tenants: the table whose rows are the tenants.
        chosen: the column to take, where it is such a key.

    Raises:
        UsageError: there is none.

    """
    found = [each.name for each in single_keys(tenants) if schema.types[each.type].name == "uuid"]
    if found:
        return next((name for name in found if name == chosen), found[0])
    usual = key_of(tenants)
    if usual is None:
        message = f"{tenants} has no single unique column that names a tenant"
        raise UsageError(message, "Give it a primary key of one column, a uuid.")
    message = f"{tenants} names its tenants by {usual.name}, a {schema.types[usual.type].name}, and not by a uuid"
    table = f"{identifier(tenants.schema)}.{identifier(tenants.name)}"
    # With the default at once, it would be drawn for every row that stands: a rewrite, while nobody can read the table.
    hint = (
        f"Give it one beside that: alter table {table} add column tenant_key uuid; alter table {table} alter column"
        " tenant_key set default gen_random_uuid(); fill the rows that stand in batches, create unique index"
        f" concurrently on {table} (tenant_key), set it not null, and make the plan again: the how-to decide-tenancy"
        " has the statements."
    )
    raise UsageError(message, hint)


def _is_own(table: Table) -> bool:
    return bool(_OURS.fullmatch(table.schema)) or [column.name for column in table.columns] == ["version_num"]
