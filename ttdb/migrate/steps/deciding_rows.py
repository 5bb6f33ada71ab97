"""Which rows will break what a file decides, asked before anything is changed: as they will be once they are filled."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ttdb.migrate.arrival import Given
from ttdb.migrate.decided import QUARANTINE, Decided, File, Key, Otherwise, Way
from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps.constraint import offenders_of
from ttdb.migrate.steps.tenancy import UUID

DECIDED = "tables-decided"
_TABLES = re.compile(r"\bfrom (\w+\.\w+)")
_KEEPING = ("no action", "restrict")
_KEPT = "Repair them instead, or mend what points at them first; --violations FILE lists all."


def obeyed(file: File, *, nobody: tuple[str, ...] = (), given: Mapping[str, Given] | None = None) -> Iterator[Step]:
    """Yield a step for each rule that rows may break, which stops for them: ``*obeyed(decided(), ...)``.

    They come before the first step of ``as_decided``, and are asked before the upgrade's first change too. Rows that
    the file says to quarantine or to repair stop nothing.

    Args:
        file: the decisions.
        nobody: what services write as the tenant of a row that is none's.
        given: the tenant that tables beside the file will have been given by then, by their names.

    """
    rows = _Rows(file, nobody, given or {})
    for each in file.ordered:
        if each.apart:
            yield from _rules(each, file, rows)


def unset(column: str, nobody: tuple[str, ...]) -> str:
    """Return the condition that a row names no tenant."""
    named = f" or {column} in ({', '.join(map(literal, nobody))})" if nobody else ""
    return f"{column} is null{named}"


def tenant_of(way: Way, row: str, column: str, *, as_text: bool, beyond: str = "p") -> str:
    """Return the query of a row's tenant, which is ``column`` of the row that it leads to, called ``beyond``."""
    here = f"{row}.{identifier(way.column)}"
    named = f"case when {here} ~ {literal(UUID)} then {here}::pg_catalog.uuid end" if as_text else here
    return (
        f"select {column} from {qualified(way.parent)} as {beyond}"
        f" where {beyond}.{identifier(way.parent_column)} = {named}"
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """What rows of a table are to obey."""

    column: str
    broken: str  # the condition of a row ``t`` that does not
    what: str  # that is, in words
    reads: tuple[str, ...] = ()


def _rules(each: Decided, file: File, rows: "_Rows") -> Iterator[Step]:
    for rule in _rules_of(each, file, rows):
        settled = each.settled(rule.column)
        if settled == Otherwise():
            yield _look(each, rule, rows, choices=_choices(each, rule.column))
        elif settled.word == QUARANTINE:
            yield from (_look(each, kept, rows, choices=_KEPT) for kept in _kept_by_others(each, rule, file))


def _rules_of(each: Decided, file: File, rows: "_Rows") -> Iterator[_Rule]:
    if each.required:
        yield _Rule(each.column, f"t.{_TENANT} is null", "it belongs to no tenant")
    for other in sorted(file.led_to(each)):
        yield _Rule(f"{other}-once", _twice(each, other), f"{other} is there more than once")
    for key in each.keys:
        yield _Rule(key.column, *rows.apart(key))


def _kept_by_others(each: Decided, rule: _Rule, file: File) -> Iterator[_Rule]:
    """Yield, for each key by which others keep a row where it is, that rows which are to be taken out are so kept."""
    for other in file.tables.values():
        for key in other.keys:
            if key.parent == each.table and key.on_delete in _KEEPING:
                points = f"r.{identifier(key.column)} = t.{identifier(key.parent_column)}"
                yield _Rule(
                    f"{rule.column}-{kebab(other.table)}-{kebab(key.column)}",
                    f"{rule.broken} and exists (select from {qualified(other.table)} as r where {points})",
                    f"{rule.what}, and cannot be taken out: {key.column} of {other.table} points at it",
                    (*rule.reads, other.table),
                )


def _look(each: Decided, rule: _Rule, rows: "_Rows", *, choices: str) -> Step:
    found = offenders_of(each.table, rule.broken, rows.of(each.table))
    tables = tuple(dict.fromkeys((*rows.behind(each.table), *rule.reads)))
    return Step(
        name=f"obeyed-{kebab(each.table)}-{kebab(rule.column)}",
        up=(f"select {literal(f'{each.table} has no row of which is to say: {rule.what}')};",),
        down=(),
        holds="select true",
        always=True,
        looks=True,
        offenders=f"select o.key || {literal(f': {rule.what}')} from (\n{found}\n) as o (key)",
        choices=choices,
        relations=(each.table,),
        reads=tables,
        stands=tables,
        prepares=DECIDED,
    )


def _choices(each: Decided, column: str) -> str:
    ruled = [key.column for key in each.keys] + ([each.column] if each.required else [])
    if column not in ruled:
        return ""
    null = "" if column == each.column else ', or "null the reference" where it may be null,'
    return (
        f'Mend them, or write otherwise = {{{column} = "quarantine"}}{null} below [tables."{each.table}"] in the'
        " tenancy file; --violations FILE lists all."
    )


def _twice(each: Decided, other: str) -> str:
    """Return the condition that another row has the same; where an index says that none does, none is looked for."""
    relation, column = each.table, identifier(other)
    return (
        "not exists (select from pg_catalog.pg_index as i\n"
        "    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]\n"
        f"    where i.indrelid = pg_catalog.to_regclass({literal(relation)}) and i.indisunique and i.indisvalid\n"
        f"        and i.indpred is null and i.indnkeyatts = 1 and a.attname = {literal(other)})\n"
        f"    and exists (select from {qualified(relation)} as r\n"
        f"        where r.{column} = t.{column} and r.ctid <> t.{_PLACE})"
    )


_TENANT, _PLACE = "tenant_to_be", "place_now"


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows with the tenant that they will have."""

    file: File
    nobody: tuple[str, ...]
    given: Mapping[str, Given]

    def of(self, table: str) -> str:
        """Return the query of a table's rows, with it and with their place."""
        return (
            f"(select t.*, {self._tenant('t', table, 1)} as {_TENANT}, t.ctid as {_PLACE} from {qualified(table)} as t)"
        )

    def apart(self, key: Key) -> tuple[str, str, tuple[str, ...]]:
        """Return the condition that a row names none of its tenant, in words too, and the tables it reads."""
        same = f"r.{identifier(key.parent_column)} = t.{identifier(key.column)}"
        broken = (
            f"t.{_TENANT} is not null and t.{identifier(key.column)} is not null\n"
            f"    and not exists (select from {qualified(key.parent)} as r\n"
            f"        where {same} and {self._tenant('r', key.parent, 1)} = t.{_TENANT})"
        )
        return broken, f"{key.column} names no row of its tenant in {key.parent}", self.behind(key.parent)

    def behind(self, table: str) -> tuple[str, ...]:
        """Return the tables that say whose a table's rows are, itself with them."""
        each = self.file.tables.get(table)
        if each is None:
            given = self.given.get(table)
            return (table, *(_TABLES.findall(f"{given.value} {given.unset}") if given else ()))
        return (table, *(self.behind(each.way.parent) if each.way else ()))

    def _tenant(self, row: str, table: str, depth: int) -> str:
        each = self.file.tables.get(table)
        if each is None:
            return self._beside(row, table)
        column = f"{row}.{identifier(each.column)}" if each.belongs == "own" else _if_it_stands(row, each.column)
        if each.way is None:
            return column
        beyond = f"p{depth}"
        tenant = self._tenant(beyond, each.way.parent, depth + 1)
        found = tenant_of(each.way, row, tenant, as_text=each.as_text, beyond=beyond)
        # One of several would be an error, and is named as a row that is there more than once.
        return f"case when {unset(column, self.nobody)} then coalesce(({found} limit 1), {column}) else {column} end"

    def _beside(self, row: str, table: str) -> str:
        """Return the tenant of a row of a table that is not in the file; who fills it is in no tenant's context."""
        given = self.given.get(table)
        if given is None:
            return f"{row}.tenant_id"
        value = given.value.replace("ttdb.tenant_id()", "null")
        return (
            f"(select case when {given.unset} then coalesce({value}, t.tenant_id) else t.tenant_id end"
            f" from (select {row}.*) as t)"
        )


def _if_it_stands(row: str, column: str) -> str:
    """Return a column's value, null where the table has no such column yet: then the name means the other one."""
    name = identifier(column)
    return (
        f"(select o.value from (values (null::pg_catalog.uuid)) as n ({name})"
        f" cross join lateral (select (select {name} from (select {row}.*) as s) as value) as o)"
    )
