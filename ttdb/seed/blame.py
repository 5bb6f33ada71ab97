"""Which lines of somebody's own scenario what went wrong follows from, where another scenario's line is told.

A scenario that extends another takes over its rules: a value of its own may make one of those fail.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from ttdb.errors import ScenarioInvalid, TtdbError
from ttdb.seed.place import Misplaced, Place
from ttdb.seed.world import TablePlan, World

_ROWS = 1000  # of a base: what a column follows from is the same in all windows
_MOST = 4  # lines: more are no hint


def own_places(plans: Mapping[str, TablePlan], file: str) -> dict[tuple[str, str], Place]:
    """Return the columns whose rules are written in this file, each with where that is."""
    return {
        (table, column): rule.place
        for table, plan in plans.items()
        for column, rule in plan.rules.items()
        if rule.place.file == file and rule.place.line != plan.place.line  # else by default: it is not written there
    }


def with_own_lines(world: World, file: str, wrong: Misplaced) -> ScenarioInvalid:
    """Return the error with the lines of the file's own that it may follow from, where it tells of another file's."""
    if wrong.place.file == file:
        return wrong
    table, column = _column(wrong.place)
    lines = _followed(world, file, table, column) if table in world.plans else []
    lines = lines or _lines(own_places(world.plans, file).values())  # by rows of several tables, say
    if not 0 < len(lines) <= _MOST:
        return wrong
    hint = f"It may follow from {'; '.join(lines)}."
    return ScenarioInvalid(wrong.message, f"{wrong.hint} {hint}" if wrong.hint else hint)


def refuse_unread(world: World, file: str) -> None:
    """Refuse a column of the file's own that fails, though none reads it yet.

    Raises:
        ScenarioInvalid: there is one.

    """
    for table, column in own_places(world.plans, file):
        if column not in world.plans[table].stored:
            _make(world, table, column)


def _column(place: Place) -> tuple[str, str | None]:
    """Return the table and column that a place is of; no column where it is of the number of rows."""
    path = (*place.path, "", "", "", "")
    return path[1], path[3] if path[2] == "columns" else None


def _followed(world: World, file: str, table: str, column: str | None) -> list[str]:
    traced = world.of(world.volumes)
    traced.asked = set()
    with suppress(TtdbError):
        _make(traced, table, column)
    places = own_places(world.plans, file)
    return _lines(places[each] for each in sorted(traced.asked) if each in places)


def _lines(places: Iterable[Place]) -> list[str]:
    return [f"{each.file}, line {each.line}: {'.'.join(each.path)}" for each in places]


def _make(world: World, table: str, column: str | None) -> None:
    spans = world.spans(world.base(table), _ROWS)
    if not spans:
        return
    window = world.window(spans[0])
    rows = window.table(table)
    if column is not None:
        rows.column(column)
    window.close()
