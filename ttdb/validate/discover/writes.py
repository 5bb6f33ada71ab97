"""Which tables triggers' functions write to, by themselves or by functions that they call."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from ttdb.validate.catalog import TABLES, Catalog, Relation
from ttdb.validate.discover.calls import bare, called_in
from ttdb.validate.discover.dynamic import ARGUMENT, SCHEMA, TABLE
from ttdb.validate.discover.recording import Record, arguments_of, records_in

_DEPTH = 2  # functions that a trigger's function calls


class Writes:
    """What functions insert, and the tables that a trigger's table and arguments name for it."""

    def __init__(self, catalog: Catalog) -> None:
        self._tables: dict[str, list[Relation]] = {}
        for relation in catalog.relations.values():
            if relation.kind in TABLES:
                self._tables.setdefault(relation.name.lower(), []).append(relation)
        self._functions: dict[str, list[str]] = {}
        for each in catalog.bodies:
            if each.kind == "function":
                self._functions.setdefault(bare(each.name), []).append(each.body)
        self._known: dict[str, Mapping[str, tuple[Record, ...]]] = {}

    def of(
        self, body: str, table: Relation | None = None, arguments: Sequence[str] = ()
    ) -> Iterator[tuple[Relation, Record]]:
        """Return the tables that a function writes to, with each insert.

        Args:
            body: the function's.
            table: whose trigger runs it; without one, a table that is named after the trigger's is not known.
            arguments: the trigger's.

        """
        for target, records in self._records(body).items():
            for relation in self._named(_told(target, table, arguments)):
                for record in records:
                    yield relation, record

    def named_after(self, body: str) -> Iterator[tuple[Relation, Relation, Record]]:
        """Return tables, those that a function would write to because they are named after them, and what."""
        templates = {target: records for target, records in self._records(body).items() if TABLE in target}
        for table in chain.from_iterable(self._tables.values()) if templates else ():
            for target, records in templates.items():
                for relation in self._named(_told(target, table, ())):
                    yield from ((table, relation, record) for record in records)

    def _records(self, body: str) -> Mapping[str, tuple[Record, ...]]:
        """Return the inserts of a body, by what they name as their table."""
        if body not in self._known:
            found: dict[str, list[Record]] = {}
            for record in self._found(body, (), _DEPTH):
                found.setdefault(record.target, []).append(record)
            self._known[body] = {target: tuple(dict.fromkeys(records)) for target, records in found.items()}
        return self._known[body]

    def _named(self, target: str) -> Iterator[Relation]:
        schema, _, name = target.rpartition(".")
        return (each for each in self._tables.get(name, ()) if schema in ("", each.schema.lower()))

    def _found(self, body: str, given: tuple[str, ...], depth: int) -> Iterator[Record]:
        yield from records_in(body, given)
        for name in called_in(body) if depth else ():
            for other in self._functions.get(name, ()):
                if other != body:
                    yield from self._found(other, (*given, *arguments_of(body, name)), depth - 1)


def _told(target: str, table: Relation | None, arguments: Sequence[str]) -> str:
    """Return a target with what the trigger tells its function."""
    if table is not None:
        target = target.replace(TABLE, table.name.lower()).replace(SCHEMA, table.schema.lower())
    given = dict(enumerate(arguments))
    return ARGUMENT.sub(lambda match: given.get(int(match[1]), "").replace('"', "").lower(), target)
