"""Parents that triggers take: some look at the row which a new one refers to, and refuse it for how that is."""

from collections.abc import Iterator

from ttdb.postgres.connect import Connection
from ttdb.seed.generic.fill import Filling
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.plan import Reference
from ttdb.seed.generic.probe import shown
from ttdb.seed.generic.rows import Rows
from ttdb.seed.generic.speaks import READ, is_among, tables
from ttdb.shape import CannotMake, Mark, Row, RowMaker, Schema
from ttdb.shape.ask import Asker, Draft, Refusal

_ROUNDS = 20
_TRIED = 300  # rows, each with parents of its own
_MARK = Mark("cedar", 7_000_003)


def shown_narrowed(connection: Connection, schema: Schema, rows: Rows) -> tuple[RowMaker, Row]:
    """Have the table take one row, with parents that its triggers take; leave out the others.

    Raises:
        CannotMake: the table takes none.

    """
    asker = Asker(connection)
    try:
        maker, base = shown(asker, connection, schema, rows)
    except CannotMake:
        if not _narrow(connection, schema, rows, rows.begin):
            raise
        return shown(asker, connection, schema, rows)
    _narrow(connection, schema, rows, rows.begin, maker)
    return maker, base


def narrowed_on(filling: Filling, schema: Schema, first: int, wanted: int) -> None:
    """Go on filling as long as there are other parents than those that triggers take no more."""
    for _ in range(_ROUNDS):
        before = filling.written
        if first + before >= wanted or not _narrow(filling.connection, schema, filling.rows, filling.number):
            return
        filling.go_on(wanted - first)
        if filling.written == before:
            return


def _narrow(connection: Connection, schema: Schema, rows: Rows, start: int, maker: RowMaker | None = None) -> bool:
    """Leave only parents that a table's triggers take, where they read these; say whether there are any.

    Args:
        connection: whose transaction is open.
        schema: of the database.
        rows: that refer to parents, and from then on to those that are left.
        start: the number of the first row that is tried.
        maker: that made a row, if there is one.

    """
    read = list(_read(schema, rows))
    if not read:
        return False
    asker = Asker(connection)
    taken: dict[str, set[Line]] = {each.name: set() for each in read}
    refused = False
    for number in range(start, start + _TRIED):
        try:
            own, fixed, may = rows.first(number)
            maker = maker or _prepared(asker, schema, rows, {**own, **fixed}, may)
        except CannotMake:
            continue
        draft = {**maker.draft, **own, **fixed, **may}
        with connection.transaction(force_rollback=True):
            answer = asker.insert(rows.plan.table, draft)
        if not isinstance(answer, Refusal):
            for each in read:
                taken[each.name].add(tuple(_text(draft.get(name)) for name in each.columns))
        refused = refused or (isinstance(answer, Refusal) and answer.function is not None)
    found = any(taken.values())
    if refused and found:
        rows.take_only({each.name: _left(rows.family.of(each), each, taken[each.name]) for each in read})
    return found


def _read(schema: Schema, rows: Rows) -> Iterator[Reference]:
    """Yield the needed references to tables that the triggers' functions read."""
    names = tables(rows.plan.table, READ)
    for each in rows.plan.references:
        parent = schema.tables[each.parent]
        may_choose = each.needed and each.name not in rows.plan.promised and parent.oid != rows.plan.table.oid
        if may_choose and is_among(parent, names):
            yield each


def _prepared(asker: Asker, schema: Schema, rows: Rows, must: Draft, may: Draft) -> RowMaker:
    maker = RowMaker(asker, schema, schema.leaves(rows.plan.table.oid)[0], _MARK, must, may)
    maker.prepare()
    return maker


def _left(kept: Kept, reference: Reference, taken: set[Line]) -> Kept:
    left, places = Kept(kept.columns), kept.places(reference.parent_columns)
    for tenant in kept.tenants():
        for line in kept.of(tenant):
            if tuple(line[place] for place in places) in taken:
                left.add(tenant, line)
    return left


def _text(value: object) -> str | None:
    return None if value is None else str(value)
