"""Columns that a rule makes equal to an expression of others, or like one: the database computes what they are."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from psycopg import sql

from ttdb.shape.ask import Asker
from ttdb.shape.combine import combinations
from ttdb.shape.expression import matching
from ttdb.shape.generated import named, record
from ttdb.shape.likeness import of_pattern
from ttdb.shape.model import Kind, Rule, Schema, Table
from ttdb.shape.parts import Part, part
from ttdb.shape.reserved import may_be_written

_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()\[\]]| AND | OR | = | ~~?\*? | [<>]=? |.", re.DOTALL)
_SIDE = re.compile(r"\(*(\"(?:[^\"]|\"\")+\"|[a-z_][\w$]*)\)?(?:::[\w \"]+(?:\(\d+(?:,\d+)?\))?)?\)*")
_TRIED, _KEPT = 300, 48  # combinations of what others are computed from
_LIKE, _FORM = (" ~~ ", " ~~* "), (" ~ ", " ~* ")  # operators
_OF_PATTERN = 12  # texts
_CAST = ("N", "D")  # categories of types whose values are cast to the column's: numbers and moments


@dataclass(frozen=True, slots=True)
class Equation:
    """What a rule says a column is."""

    column: str
    expression: str
    columns: tuple[str, ...]  # that the expression speaks of
    always: bool  # not only in one of the rule's cases

    @property
    def of_others(self) -> bool:
        """Say whether the column does not stand on both sides."""
        return self.column not in self.columns


def equations(table: Table, rules: Iterable[Rule], free: Sequence[str]) -> tuple[Equation, ...]:
    """Return what rules say that free columns are: each column once, first what others are computed from."""
    found: dict[str, Equation] = {}
    for rule in rules:
        for pair, always in _equal(rule.expression):
            for each in _read(table, pair, always=always):
                if each.column in free and each.column not in found and not _circular(found, each):
                    found[each.column] = each
                    break
    return tuple(sorted(found.values(), key=lambda each: len(_needed(found, each.column))))


def moves(table: Table, rules: Iterable[Rule], free: Sequence[str], moments: Sequence[str]) -> tuple[Equation, ...]:
    """Return how free columns are moved so that parts of them are what rules say of columns that are not free.

    Args:
        table: of the columns.
        rules: about them.
        free: the columns that may change.
        moments: those of them that go along where another is moved.

    """
    found = sorted(_parts(table, rules, free), key=lambda line: line[0].order)
    own = {each.column for each, _, _ in found}
    return tuple(
        Equation(name, each.moved(name), (name, each.column, *columns), always)
        for each, columns, always in found
        for name in (*(name for name in moments if each.unit and name not in own), each.column)
    )


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a rule says a text is like."""

    column: str
    expression: str  # of the pattern
    columns: tuple[str, ...]  # that the expression speaks of
    operator: str

    def text(self, pattern: object, number: int) -> str | None:
        """Return a text that is like the pattern, another for another number; None where none can be made.

        None where it might be somebody's number or address, too.
        """
        if not isinstance(pattern, str):
            return None
        is_form, frame = self.operator in _FORM, of_pattern(pattern)
        text = matching(pattern, number) if is_form else frame.text(number + 1, next(frame.widths(())))
        return text if text and may_be_written(self.column, text, (pattern,) if is_form else ()) else None


def patterns(table: Table, rules: Iterable[Rule], free: Sequence[str]) -> tuple[Pattern, ...]:
    """Return the patterns that rules make of other columns for free ones: each column once."""
    found: dict[str, Pattern] = {}
    for rule in rules:
        for operator, one, other in _alike(rule.expression):
            name, columns = column_of(one), speaks_of(other, table)
            if name in free and columns and name not in columns and not _is_list(other):
                found.setdefault(name, Pattern(name, other, columns, operator))
    return tuple(found.values())


def equal_to(table: Table, rule: Rule, name: str) -> tuple[str, ...]:
    """Return the expressions of other columns that a rule makes equal to what it computes of one."""
    found: list[str] = []
    for pair, _ in _equal(rule.expression):
        own = [name in speaks_of(each, table) for each in pair]
        others = [bool(speaks_of(each, table)) for each in pair]
        found += [each for each, is_own, is_other in zip(pair, own, others, strict=True) if is_other and not is_own]
    return tuple(found)


def computing(place: sql.Composable, equation: Equation) -> sql.Composed:
    """Return the update of rows' column to what it has to be, where it is not null and may be computed."""
    return sql.SQL("update {0} set {1} = {2} where {1} is not null and ({2}) is not null").format(
        place, sql.Identifier(equation.column), sql.SQL(equation.expression)
    )


@dataclass(frozen=True, slots=True)
class Solver:
    """Has the database compute what rules of a table say that columns are."""

    asker: Asker
    schema: Schema
    table: Table

    def solutions(
        self, base: Mapping[str, Any], lists: Mapping[str, list[Any]], rules: Sequence[Rule]
    ) -> list[dict[str, Any]]:
        """Return changes of a row in which columns are what rules say.

        Args:
            base: the row.
            lists: the columns that may change, and values to try for them.
            rules: about these columns.

        """
        found = equations(self.table, rules, list(lists))
        found += moves(self.table, rules, list(lists), [name for name in lists if self._is_moment(name)])
        equal = {each.column for each in found}
        alike = patterns(self.table, rules, [name for name in lists if name not in equal])
        if not found and not alike:
            return []
        computed = {each.column for each in found if each.of_others} | {each.column for each in alike}
        others = [name for name in lists if name not in computed]
        tried = combinations([lists[name] for name in others], _TRIED) if others else [()]
        changes = [dict(zip(others, each, strict=True)) for each in tried]
        plain = [rule for rule in rules if not (computed | equal) & set(rule.columns)]
        broken = self.asker.broken(self.table, dict(base), changes, plain)
        able = [change for change, each in zip(changes, broken, strict=True) if not each]
        return self._with_alike(base, self._with_computed(base, able[:_KEPT], found), alike)

    def _with_computed(
        self, base: Mapping[str, Any], changes: Sequence[dict[str, Any]], found: Sequence[Equation]
    ) -> list[dict[str, Any]]:
        lines = list(changes)
        for each in found:
            values = self.computed(base, lines, self._expression(each))
            lines = [
                line if value is None else {**line, each.column: value}
                for line, value in zip(lines, values, strict=True)
            ]
        return lines

    def _is_moment(self, name: str) -> bool:
        column = self.table.column(name)
        return column is not None and self.schema.types[column.type].category == "D"

    def _with_alike(
        self, base: Mapping[str, Any], changes: Sequence[dict[str, Any]], alike: Sequence[Pattern]
    ) -> list[dict[str, Any]]:
        lines = list(changes)
        for each in alike:
            lines = [line for line in lines for _ in range(_OF_PATTERN if len(lines) <= _KEPT else 1)]
            made = self.computed(base, lines, sql.SQL(each.expression))
            texts = [each.text(pattern, number) for number, pattern in enumerate(made)]
            lines = [
                line if text is None else {**line, each.column: text} for line, text in zip(lines, texts, strict=True)
            ]
        return lines

    def _expression(self, equation: Equation) -> sql.Composable:
        column = self.table.column(equation.column)
        kind = self.schema.types[column.type] if column is not None else None
        if kind is None or kind.kind is not Kind.BASE or kind.category not in _CAST:
            return sql.SQL(equation.expression)  # as the catalog has it
        return sql.SQL("({})::{}").format(sql.SQL(equation.expression), sql.SQL(kind.name))

    def computed(
        self, base: Mapping[str, Any], lines: Sequence[dict[str, Any]], expression: sql.Composable
    ) -> list[Any]:
        """Return an expression's value for each change of a row; None where it fails."""
        if not lines:
            return []
        given = sql.SQL("{}::jsonb || ttdb_value").format(sql.Literal(json.dumps(dict(base))))
        answer = self.asker.run(
            sql.SQL(
                "select to_jsonb({}) from jsonb_array_elements({}::jsonb) with ordinality"
                " as ttdb_change (ttdb_value, ttdb_place), lateral {} order by ttdb_place"
            ).format(expression, sql.Literal(json.dumps(lines)), record(self.table, given))
        )
        if isinstance(answer, list):
            return [value for (value,) in answer]
        if len(lines) == 1:
            return [None]
        half = len(lines) // 2
        return [*self.computed(base, lines[:half], expression), *self.computed(base, lines[half:], expression)]


def _needed(found: Mapping[str, Equation], column: str) -> set[str]:
    """Return the columns that must be computed before one is."""
    needed: set[str] = set()
    left = [column]
    while left:
        each = found.get(left.pop())
        more = {name for name in each.columns if name in found and name != each.column} - needed if each else set()
        needed |= more
        left += more
    return needed


def _circular(found: Mapping[str, Equation], equation: Equation) -> bool:
    whole = {**found, equation.column: equation}
    return any(equation.column in _needed(whole, name) for name in equation.columns if name != equation.column)


@lru_cache(maxsize=1000)  # a table's rules are asked about again and again
def _equal(expression: str) -> tuple[tuple[tuple[str, str], bool], ...]:
    return tuple(sides(expression, always=True))


@lru_cache(maxsize=1000)  # as above
def _alike(expression: str) -> tuple[tuple[str, str, str], ...]:
    """Return each operator by which something must be like a pattern, and its sides."""
    return tuple(
        (operator, *pair)
        for operator in (*_LIKE, *_FORM)
        if operator in expression
        for pair, _ in sides(expression, operator, always=True)
    )


def sides(expression: str, equality: str = " = ", *, always: bool) -> Iterator[tuple[tuple[str, str], bool]]:
    """Yield both sides of each ``=``, or another such, in a rule, and whether it holds in all of the rule's cases."""
    text = _bare(expression)
    for operator in (" AND ", " OR "):
        parts = _split(text, operator)
        if len(parts) > 1:
            for part in parts:
                yield from sides(part, equality, always=always and operator == " AND ")
            return
    both = _split(text, equality)
    if len(both) == 2:  # noqa: PLR2004 - left and right
        yield (both[0], both[1]), always


def _read(table: Table, pair: tuple[str, str], *, always: bool) -> Iterator[Equation]:
    for one, other in (pair, pair[::-1]):
        name, columns = column_of(one), speaks_of(other, table)
        if table.column(name) is not None and columns and not _is_list(other):
            yield Equation(name, other, columns, always)


def _parts(table: Table, rules: Iterable[Rule], free: Sequence[str]) -> Iterator[tuple[Part, tuple[str, ...], bool]]:
    """Yield parts of free columns with the columns, none of them free, that they follow, and whether always."""
    for rule in rules:
        for sides, always in _equal(rule.expression):
            for one, other in (sides, sides[::-1]):
                columns = speaks_of(other, table)
                found = part(one, other) if columns and not set(columns) & set(free) else None
                if found is not None and found.column in free and found.column in rule.columns:
                    yield found, columns, always


def column_of(side: str) -> str:
    """Return the name that one side is, or nothing."""
    match = _SIDE.fullmatch(side)
    return match[1].strip('"').replace('""', '"') if match else ""


def _is_list(side: str) -> bool:
    return _bare(side).startswith(("ANY ", "ALL "))


def speaks_of(expression: str, table: Table) -> tuple[str, ...]:
    """Return the columns of a table that an expression speaks of, not in its constants."""
    return named(re.sub(r"'(?:[^']|'')*'", "''", expression), table.columns)


def _bare(expression: str) -> str:
    """Take away the brackets around the whole."""
    text = expression.strip()
    while text.startswith("(") and _closes_at(text) == len(text):
        text = text[1:-1].strip()
    return text


def _closes_at(text: str) -> int:
    """Return where the first bracket closes."""
    depth, at = 0, 0
    for piece in _PIECE.findall(text):
        at += len(piece)
        depth += (piece == "(") - (piece == ")")
        if not depth:
            return at
    return 0


def _split(text: str, operator: str) -> list[str]:
    """Split at an operator that stands in no brackets and no quotes."""
    parts, depth, start, at = [], 0, 0, 0
    for piece in _PIECE.findall(text):
        at += len(piece)
        depth += (piece in ("(", "[")) - (piece in (")", "]"))
        if piece == operator and not depth:
            parts.append(text[start : at - len(piece)])
            start = at
    return [*parts, text[start:]]
