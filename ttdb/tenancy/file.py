"""The file in which a DBA decides how each table's rows belong to tenants: written from proposals, read back, kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError
from tomlkit.items import Table as Block

from ttdb.errors import UsageError
from ttdb.model.counted import counted
from ttdb.model.decision import Unreadable, audit_of, checks_of, mask_of
from ttdb.tenancy.model import Belongs, Proposal

_HEAD = (
    "How the rows of each table belong to tenants. Decide where it says undecided, correct what is wrong, and commit",
    "this file. What was decided stays when the plan is made again.",
    "",
    'tenant = "own"        a column of its own names the tenant: column',
    'tenant = "parent"     another table\'s row has it: through = "order_id -> public.orders.id"',
    'tenant = "global"     every tenant reads it, none writes it',
    'tenant = "nobody"     no tenant reads it',
    'tenant = "undecided"  closed to every tenant until it is decided',
    "",
    'Beside it, as wanted: audit = true, and mask = {email = "email"} for what support may see of personal columns.',
    "checks are rules that the rows obey, or almost: take out those that are none.",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the file says of one table."""

    table: str
    belongs: Belongs
    column: str | None = None
    through: str | None = None
    audit: bool = False
    excluded: tuple[str, ...] = ()  # columns that the trail leaves out
    mask: Mapping[str, str] = field(default_factory=dict)  # each personal column's mask
    checks: tuple[tuple[str, str], ...] = ()  # name and rule


@dataclass(frozen=True, slots=True)
class Decisions:
    """The whole file."""

    tenants: str
    column: str
    tables: tuple[Decision, ...]

    @property
    def tenants_column(self) -> str | None:
        """By which column the file names a tenant."""
        return next((each.column for each in self.tables if each.table == self.tenants), None)


def written(tenants: str, column: str, proposals: Sequence[Proposal], standing: str | None = None) -> str:
    """Return the file's text: what was decided in a standing one stays as it is, comments and all.

    Raises:
        UsageError: the standing text is no such file.

    """
    kept, losing = (_decided_blocks(standing), _parsed(standing).get("losing")) if standing else ({}, None)
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.add("tenants", tomlkit.item(tenants))
    document.add("column", tomlkit.item(column))
    if losing is not None:
        document.add("losing", losing)
    tables = tomlkit.table(is_super_table=True)
    for proposal in proposals:
        tables.add(proposal.table, kept.get(proposal.table) or _block(proposal))
    document.add("tables", tables)
    return tomlkit.dumps(document)


def read(path: Path) -> Decisions:
    """Read the file.

    Raises:
        UsageError: it cannot be read, is no TOML, or says of a table what cannot be.

    """
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}", "Name the file that ttdb tenancy plan wrote.") from error
    except ParseError as error:
        raise UsageError(f"{path} is not valid TOML: {error}", "Correct the file at the line named.") from error
    tenants, column, tables = (document.get(key) for key in ("tenants", "column", "tables"))
    if not isinstance(tenants, str) or not isinstance(column, str) or not isinstance(tables, dict):
        raise UsageError(f"{path} is no tenancy file", "Make one: ttdb tenancy plan --output FILE --url …")
    return Decisions(tenants, column, tuple(_decision(path, name, block) for name, block in tables.items()))


def _decision(path: Path, table: str, block: object) -> Decision:
    words = block.get("tenant") if isinstance(block, dict) else None
    known = ", ".join(Belongs)
    if not isinstance(block, dict) or words not in list(Belongs):
        raise UsageError(f'{path}: table "{table}" has no valid tenant', f"Write tenant = one of: {known}.")
    belongs = Belongs(str(words))
    for kind, key in ((Belongs.OWN, "column"), (Belongs.PARENT, "through")):
        if belongs is kind and not isinstance(block.get(key), str):
            raise UsageError(f'{path}: table "{table}" lacks {key}', f'Write {key} = "…" below tenant = "{belongs}".')
    try:
        audit, mask = audit_of(block.get("audit", False)), mask_of(block.get("mask", {}))
        checks = checks_of(block.get("checks", []))
    except Unreadable as error:
        raise UsageError(f'{path}: table "{table}": {error.what}', error.hint) from error
    return Decision(
        table,
        belongs,
        block.get("column"),
        block.get("through"),
        audit=audit[0],
        excluded=audit[1],
        mask=mask,
        checks=checks,
    )


def _decided_blocks(text: str) -> dict[str, Block]:
    return {
        name: block
        for name, block in _parsed(text).get("tables", {}).items()
        if isinstance(block, Block) and block.get("tenant") != Belongs.UNDECIDED
    }


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except ParseError as error:
        message = f"the file that stands is not valid TOML: {error}"
        raise UsageError(message, "Correct it, or write to another file.") from error


def _block(proposal: Proposal) -> Block:
    block = tomlkit.table()
    block.add("tenant", tomlkit.item(str(proposal.belongs)))
    if proposal.belongs is Belongs.OWN:
        block.add("column", tomlkit.item(proposal.column))
    elif proposal.column is not None:
        block.add(tomlkit.comment(f'column = "{proposal.column}"'))
    elif proposal.through is not None:
        if proposal.belongs is Belongs.UNDECIDED:
            block.add(tomlkit.comment(f'through = "{proposal.through}"'))
        else:
            block.add("through", tomlkit.item(proposal.through))
    for line in _evidence(proposal):
        block.add(tomlkit.comment(line))
    if proposal.rules:
        checks = tomlkit.array().multiline(multiline=True)
        for rule in proposal.rules:
            entry = tomlkit.inline_table()
            entry.update({"name": rule.name, "rule": rule.expression, "broken": rule.broken})
            checks.append(entry)
        block.add("checks", checks)
    return block


def _evidence(proposal: Proposal) -> list[str]:
    lines = []
    if proposal.count is not None:
        ground = f"by {proposal.way.ground}" if proposal.way else ""
        if proposal.way and proposal.way.constraint:
            ground = f"by foreign key {proposal.way.constraint}"
        lines.append(", ".join(part for part in (ground, counted(proposal.count.rows, "row")) if part))
    lines += proposal.notes
    lines += [f"or: {other}" for other in proposal.others]
    return lines
