"""Hold a tenancy file against its database: every table decided, every decision possible, every row with a tenant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from ttdb.postgres.connect import Connection, translated
from ttdb.shape import Table, read_schema
from ttdb.tenancy.evidence import Evidence
from ttdb.tenancy.file import Decision, Decisions
from ttdb.tenancy.limits import Limits
from ttdb.tenancy.model import LEADING, Belongs, Ground, Proposal, Way
from ttdb.tenancy.possible import platform_tables, refuse_own_tables, tenants_key, tenants_of
from ttdb.tenancy.through import parsed
from ttdb.tenancy.ways import names_as_text


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a table from being decided; ``keys`` are those of the first rows concerned."""

    table: str
    what: str
    rows: int | None = None
    keys: tuple[str, ...] = ()
    hint: str | None = None
    absent: bool = False  # the file names a table that is not there


def check(
    connection: Connection, decisions: Decisions, *, say: Callable[[str], None] = lambda _: None
) -> tuple[Trouble, ...]:
    """Return what is open, in one read-only snapshot in which row-level security may hide nothing.

    Raises:
        UsageError: the table of tenants is not there or no uuid names its rows, or a table of ttdb's own is decided on.

    """
    with translated("reading the tables"), connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local row_security = off")
        return tuple(_Check(connection, decisions, say).troubles())


class _Check:
    def __init__(self, connection: Connection, decisions: Decisions, say: Callable[[str], None]) -> None:
        self._say = say
        self._schema = read_schema(connection)
        refuse_own_tables(self._schema, decisions)
        self._tables = {str(table): table for table in platform_tables(self._schema)}
        self._decisions = {each.table: each for each in decisions.tables}
        tenants = tenants_of(self._tables, decisions)
        key = tenants_key(self._schema, tenants, decisions.tenants_column)
        self._evidence = Evidence(connection, self._schema, (tenants, key))
        self._limits = Limits(self._schema, self._tables, decisions)
        self._proposals: dict[int, Proposal] = {}

    def troubles(self) -> Iterator[Trouble]:
        for name in sorted(self._tables.keys() - self._decisions.keys()):
            yield Trouble(name, "not in the file: make the plan again with --output, it keeps what was decided")
        for name, decision in self._decisions.items():
            table = self._tables.get(name)
            if table is None:
                yield self._absent(name)
            elif (wrong := self._wrong(table, decision)) is not None:
                yield wrong
        yield from self._unreachable()
        yield from self._lost()

    def _absent(self, name: str) -> Trouble:
        near = get_close_matches(name, self._tables.keys() - self._decisions.keys(), 1)
        asked = f'Did you mean "{near[0]}"? If not, take' if near else "Take"
        hint = f'{asked} the block [tables."{name}"] out of the file.'
        return Trouble(name, "in the file, and not in the database", hint=hint, absent=True)

    def _wrong(self, table: Table, decision: Decision) -> Trouble | None:
        """Take a decision, or say what is wrong with it."""
        name = str(table)
        way = self._way(table, decision.through or "") if decision.belongs is Belongs.PARENT else None
        if isinstance(way, str):
            return Trouble(name, way)
        refused = self._limits.refusal(decision)
        if refused is not None:
            return Trouble(name, refused.what, hint=refused.hint)
        if decision.belongs is Belongs.UNDECIDED:
            return Trouble(name, "undecided")
        if decision.belongs in LEADING:
            column = decision.column if decision.belongs is Belongs.OWN else None
            self._proposals[table.oid] = Proposal(
                table.oid, name, decision.belongs, column=column, way=way, through=decision.through
            )
        return None

    def _way(self, table: Table, through: str) -> Way | str:
        found = parsed(through)
        if not found:
            return f'cannot be read: through = "{through}"; write COLUMN -> SCHEMA.TABLE.COLUMN'
        parent = self._tables.get(found.parent)
        if parent is None:
            return f"goes through {found.parent}, which is not there"
        here, there = found.here, found.there
        for owner, names in ((table, here), (parent, there)):
            missing = next((name for name in names if owner.column(name) is None), None)
            if missing is not None:
                return f"goes through {owner}.{missing}, and there is no such column"
        if len(here) != len(there):
            return f'through = "{through}" has not as many columns on both sides'
        as_text = names_as_text(self._schema, table, here, parent, there)
        return Way(here, parent.oid, there, Ground.NAME, as_text=as_text)

    def _unreachable(self) -> Iterator[Trouble]:
        """Drop, and name, what leads to no tenant: a table not decided so, or a circle."""
        reached = {oid for oid, each in self._proposals.items() if each.belongs is Belongs.OWN}
        while more := {
            oid
            for oid, each in self._proposals.items()
            if oid not in reached and each.way is not None and each.way.parent in reached
        }:
            reached |= more
        for oid in [oid for oid in self._proposals if oid not in reached]:
            lost = self._proposals.pop(oid)
            yield Trouble(lost.table, f'"{lost.through}" leads to no table that has a tenant')

    def _lost(self) -> Iterator[Trouble]:
        self._say(f"looking for rows without a tenant in {len(self._proposals)} tables")
        for oid, proposal in self._proposals.items():
            table = self._schema.tables[oid]
            rows, keys = self._evidence.without_tenant(table, self._proposals)
            if rows:
                yield Trouble(
                    proposal.table, "row without a tenant" if rows == 1 else "rows without a tenant", rows, keys
                )
