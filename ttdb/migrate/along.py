"""In which order a backfill goes along a table: by place, page after page, or by primary key where it has several."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from ttdb.postgres.connect import Connection

_A_PAGE = 20  # rows of a page, where the server has not counted them


@dataclass(frozen=True, slots=True)
class Part:
    """The next rows, of a table called ``t``, as the parts of a statement."""

    batch: sql.Composable  # the query of them, called ``b`` where it is joined
    joined: bool
    within: sql.Composable  # the condition of a row ``t`` that is one of them
    reached: sql.Composable  # an array of texts: how far they go


class Along(ABC):
    """A way along a table."""

    @abstractmethod
    def part(self, rows: int) -> Part:
        """Return about so many of the next rows."""

    @abstractmethod
    def goes_on(self, reached: Sequence[str], *, full: bool) -> bool:
        """Tell whether there is more beyond what a part reached; ``full`` where it held as many rows as were asked."""

    @abstractmethod
    def state(self, reached: Sequence[str]) -> Mapping[str, Any]:
        """Return what a later run needs to go on from there."""

    @abstractmethod
    def go(self, reached: Sequence[str]) -> None:
        """Be there."""


def along(connection: Connection, relation: str, keys: Sequence[tuple[str, str]], state: Mapping[str, Any]) -> Along:
    """Return the way along a table, from where an earlier run was: by place, unless that went by key.

    Args:
        connection: a session of somebody who may ask for a table's size.
        relation: the table.
        keys: its primary key's columns with their types.
        state: what an earlier run recorded, or nothing.

    """
    name = sql.Identifier(*relation.split(".", 1))
    facts = connection.execute(_PAGES, (relation,)).fetchone()
    if facts is None or ("reached" in state and "until" not in state):
        return by_key(relation, keys, None if "until" in state else state.get("reached"))
    pages, rows = facts
    page = int(state["reached"][0]) if "until" in state else 0
    return _ByPlace(name, rows or _A_PAGE, state.get("until", pages), page)


def by_key(relation: str, keys: Sequence[tuple[str, str]], last: Sequence[str] | None = None) -> Along:
    """Return the way along a table by its key, behind a row: it misses none that is changed meanwhile."""
    return _ByKey(sql.Identifier(*relation.split(".", 1)), keys, last)


@dataclass
class _ByPlace(Along):
    """Page after page, so that each is read and written once: a key's order is no order of places, a uuid's least.

    To the page that was the last at the start. A row that somebody changes meanwhile may come to lie behind, or beyond
    that: where nobody gave it the value then, it is left for another way.
    """

    relation: sql.Identifier
    rows: int  # of a page, about
    until: int
    page: int

    def part(self, rows: int) -> Part:
        beyond = min(self.page + max(1, rows // self.rows), self.until)
        within = sql.SQL("t.ctid >= {} and t.ctid < {}").format(_place(self.page), _place(beyond))
        batch = sql.SQL("select 1 from {} as t where {}").format(self.relation, within)
        return Part(batch, joined=False, within=within, reached=sql.SQL("array[{}]").format(sql.Literal(str(beyond))))

    def goes_on(self, reached: Sequence[str], *, full: bool) -> bool:  # noqa: ARG002 - the shape both have
        return int(reached[0]) < self.until

    def state(self, reached: Sequence[str]) -> Mapping[str, Any]:
        return {"reached": reached, "until": self.until}

    def go(self, reached: Sequence[str]) -> None:
        self.page = int(reached[0])


@dataclass
class _ByKey(Along):
    """In the primary key's order, which holds over all partitions of a table."""

    relation: sql.Identifier
    keys: Sequence[tuple[str, str]]
    last: Sequence[str] | None
    names: list[sql.Identifier] = field(init=False)
    aliases: list[sql.Identifier] = field(init=False)

    def __post_init__(self) -> None:
        self.names = [sql.Identifier("t", name) for name, _ in self.keys]
        self.aliases = key_aliases(self.keys)

    def part(self, rows: int) -> Part:
        pairs = list(zip(self.names, self.aliases, strict=True))
        batch = sql.SQL("select {keys} from {relation} as t {after} order by {order} limit {rows}").format(
            keys=sql.SQL(", ").join(sql.SQL("{} as {}").format(*pair) for pair in pairs),
            relation=self.relation,
            after=self._after(),
            order=sql.SQL(", ").join(self.names),
            rows=sql.Literal(rows),
        )
        reached = sql.SQL("(select array[{}] from batch as l order by {} limit 1)").format(
            sql.SQL(", ").join(sql.SQL("l.{}::text").format(alias) for alias in self.aliases),
            sql.SQL(", ").join(sql.SQL("{} desc").format(alias) for alias in self.aliases),
        )
        within = sql.SQL(" and ").join(sql.SQL("{} = b.{}").format(*pair) for pair in pairs)
        return Part(batch, joined=True, within=within, reached=reached)

    def goes_on(self, reached: Sequence[str], *, full: bool) -> bool:  # noqa: ARG002 - the shape both have
        return full

    def state(self, reached: Sequence[str]) -> Mapping[str, Any]:
        return {"reached": reached or self.last}

    def go(self, reached: Sequence[str]) -> None:
        self.last = reached or self.last

    def _after(self) -> sql.Composable:
        if self.last is None:
            return sql.SQL("")
        values = [
            sql.SQL("{}::" + kind).format(sql.Literal(value))
            for value, (_, kind) in zip(self.last, self.keys, strict=True)
        ]
        return sql.SQL("where ({}) > ({})").format(sql.SQL(", ").join(self.names), sql.SQL(", ").join(values))


def key_aliases(keys: Sequence[tuple[str, str]]) -> list[sql.Identifier]:
    """Return what the key's columns are called in a batch."""
    return [sql.Identifier(f"k{number}") for number, _ in enumerate(keys)]


def _place(page: int) -> sql.Composable:
    return sql.SQL("{}::pg_catalog.tid").format(sql.Literal(f"({page},0)"))


# Places are of one table: none where it has partitions or heirs, or keeps its rows in another way.
_PAGES = """\
select
    (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8)::pg_catalog.int8,
    case when c.relpages > 0 and c.reltuples > 0 then greatest(1, (c.reltuples / c.relpages)::pg_catalog.int4) end
from pg_catalog.pg_class as c
inner join pg_catalog.pg_am as m on m.oid = c.relam and m.amname = 'heap'
where c.oid = pg_catalog.to_regclass(%s) and c.relkind = 'r'
    and not exists (select from pg_catalog.pg_inherits as i where i.inhparent = c.oid)
"""
