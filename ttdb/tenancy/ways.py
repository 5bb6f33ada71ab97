"""Which columns of a table may name a row of another that has a tenant."""

import re
from collections.abc import Iterator, Sequence

from ttdb.shape import Schema, Table
from ttdb.shape.model import Column
from ttdb.tenancy.keys import pointable
from ttdb.tenancy.model import Ground, Way

_ACTORS = re.compile(r"(?:^|_)(?:by|by_id|by_user_id|by_user)$|^(?:actor|author|approver|reviewer)_")
_TEXTS = ("text", "character varying")
_ID = re.compile(r"^(?:(?P<stem>.+)_)?(?:id|uuid)$")


def declared(table: Table) -> Iterator[Way]:
    """Yield the ways that foreign keys declare, without those that say who did something."""
    for key in table.foreign_keys:
        if key.parent != table.oid and not any(_ACTORS.search(name) for name in key.columns):
            yield Way(
                columns=key.columns,
                parent=key.parent,
                parent_columns=key.parent_columns,
                ground=Ground.FOREIGN_KEY,
                constraint=key.name,
                nullable=any(not _column(table, name).not_null for name in key.columns),
            )


def undeclared(schema: Schema, table: Table, parents: Sequence[Table]) -> Iterator[Way]:
    """Yield what could be a foreign key and is none, by the columns' types; by name where the name says so."""
    taken = {name for key in table.foreign_keys for name in key.columns}
    for column in table.columns:
        if column.name in taken or _ACTORS.search(column.name) or is_key(table, column.name):
            continue
        for parent in parents:
            if parent.oid != table.oid and (way := _way(schema, column, parent)):
                yield way


def is_key(table: Table, name: str) -> bool:
    """Tell whether the column is the table's own name for its rows: ``id``, alone and unique."""
    found = _ID.match(name)
    return bool(found and found["stem"] is None and any(key.columns == (name,) for key in table.keys))


def key_of(table: Table) -> Column | None:
    """Return the column that other tables name a row by: ``id`` if it is unique, else any single unique column."""
    return next(single_keys(table), None)


def single_keys(table: Table) -> Iterator[Column]:
    """Yield the columns that name a row alone, ``id`` first."""
    single = [names[0] for names in pointable(table) if len(names) == 1]
    for name in dict.fromkeys(("id", *single)):
        column = table.column(name)
        if name in single and column is not None and column.not_null:
            yield column


def names_as_text(schema: Schema, table: Table, here: Sequence[str], parent: Table, there: Sequence[str]) -> bool:
    """Tell whether the columns of a way are text, and name a row by its uuid."""
    kinds = [
        schema.types[column.type].name if (column := owner.column(names[0])) else ""
        for owner, names in ((table, here), (parent, there))
    ]
    return kinds[1] == "uuid" and kinds[0] != "uuid"


def names(column: str, table: str) -> bool:
    """Tell whether a column is called after a table: ``order_id``, ``parent_order_id`` after ``orders``."""
    found = _ID.match(column)
    if not found or not found["stem"]:
        return False
    stem = found["stem"]
    return any(stem == singular or stem.endswith(f"_{singular}") for singular in singulars(table))


def singulars(name: str) -> set[str]:
    """Return what one row of a table may be called: ``categories`` has a ``category``."""
    forms = {name}
    if name.endswith("ies"):
        forms.add(f"{name[:-3]}y")
    if name.endswith(("ses", "xes", "zes", "ches", "shes")):
        forms.add(name[:-2])
    if name.endswith("s") and not name.endswith("ss"):
        forms.add(name[:-1])
    return forms


def _way(schema: Schema, column: Column, parent: Table) -> Way | None:
    key = key_of(parent)
    if key is None:
        return None
    named = names(column.name, parent.name)
    holds, held = schema.types[column.type].name, schema.types[key.type].name
    as_text = holds in _TEXTS and held == "uuid"
    # Numbers of one table are numbers of every other: only a name can tell them apart. A uuid's values can.
    if not (holds == held and (named or held == "uuid")) and not (as_text and _ID.match(column.name)):
        return None
    ground = Ground.NAME if named else Ground.VALUES
    return Way((column.name,), parent.oid, (key.name,), ground, None, as_text, not column.not_null)


def _column(table: Table, name: str) -> Column:
    return next(column for column in table.columns if column.name == name)
