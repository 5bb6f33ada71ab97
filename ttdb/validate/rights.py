"""What each role may do to each relation, effectively: through groups, PUBLIC and columns too."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from ttdb.postgres.connect import Connection
from ttdb.validate.queries import query


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may do to one relation; the column lists are None where all are allowed."""

    selects: bool  # at least one column
    inserts: bool
    updates: bool
    deletes: bool
    select_columns: tuple[str, ...] | None = None
    update_columns: tuple[str, ...] | None = None
    insert_columns: tuple[str, ...] | None = None

    def may_read(self, column: str) -> bool:
        """Tell whether the role may read a column."""
        return self.select_columns is None or column in self.select_columns


ALL = Rights(selects=True, inserts=True, updates=True, deletes=True)  # of one who sees and does everything


def rights_of(
    connection: Connection, roles: Sequence[str], relations: Container[int]
) -> Mapping[tuple[str, int], Rights]:
    """Return what each of the roles may do to each of the relations, by role and relation."""
    names = {"roles": list(roles)}
    rows = [row for row in connection.execute(query("privileges"), names).fetchall() if row[0] in relations]
    partly = sorted({row[0] for row in rows if not row[2]})
    columns = connection.execute(query("columns_allowed"), {**names, "relations": partly}).fetchall()
    allowed = {(row[1], row[0]): tuple(tuple(each or ()) for each in row[2:]) for row in columns}
    found = {}
    for oid, role, _whole, some, inserts, updates, deletes in rows:
        lists = allowed.get((role, oid), (None, None, None))
        found[role, oid] = Rights(some, inserts, updates, deletes, lists[0], lists[2], lists[1])
    return found
