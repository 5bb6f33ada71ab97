"""Functions with their owner's rights or a setting of their own: which there are, and calls with others' values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from ttdb.validate.acting import Acting
from ttdb.validate.arguments import TEXTS, alike, arguments, compared, own_keys
from ttdb.validate.documents import Argument, document, own_documents, plain, runs_text, shaped
from ttdb.validate.given_rows import rows_of_others
from ttdb.validate.outcomes import Outcome
from ttdb.validate.queries import query
from ttdb.validate.reaches import with_called, words_of
from ttdb.validate.table_calls import Told, by_column, by_text
from ttdb.validate.world import World

_CALLS, _ROWS, _DEFAULTED, _OF_A_ROW = 40, 3, 6, 4
_GOES_IN = ("i", "b", "v")  # of the modes of arguments, as pg_proc has them


@dataclass(frozen=True, slots=True)
class Function:
    """One function, procedure or aggregate that runs with its owner's rights, or with a setting of its own."""

    oid: int
    schema: str
    name: str
    kind: str  # pg_proc.prokind
    returns: str
    names_columns: bool  # has OUT arguments, or returns a table
    volatile: bool
    signature: str
    argument_types: tuple[str, ...]
    argument_names: tuple[str, ...]
    argument_modes: tuple[str, ...]  # none where all go in
    body: str
    callers: tuple[str, ...]
    argument_defaults: tuple[str | None, ...] = ()  # as SQL; of those that go in

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({self.signature})"

    @property
    def procedure(self) -> bool:
        """Tell whether it is called by CALL."""
        return self.kind == "p"

    @property
    def dynamic(self) -> bool:
        """Tell whether it may run text as SQL."""
        return runs_text(self.body)

    @property
    def opens(self) -> bool:
        """Tell whether it answers with a cursor."""
        return self.returns == "refcursor"

    @property
    def repeatable(self) -> bool:
        """Tell whether many calls may be made in one statement, and give the same when made again."""
        return self.kind == "f" and not (self.volatile or self.opens)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and the texts that went into it: what comes back of these tells nothing."""

    statement: sql.Composed
    given: tuple[str, ...]


def functions(world: World, which: str = "functions") -> list[Function]:
    """Return those of a query that a role under attack may call; several attacks and tables ask for them."""
    return world.once(("functions", which), lambda: _read(world, which, world.attackers))


def jobs(world: World) -> list[Function]:
    """Return the functions that write, and that roles for all tenants may call."""
    return world.once(("functions", "jobs"), lambda: _read(world, "jobs", world.found.roles.cross_tenant))


def _read(world: World, which: str, roles: Sequence[str]) -> list[Function]:
    with world.sessions.overseer.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query(which), {"roles": list(roles)}).fetchall()
    listed = [_function(row) for row in rows]
    return [each for each in listed if each.callers]


def _function(row: dict[str, Any]) -> Function:
    frozen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Function(**frozen)


def calls(world: World, function: Function, actor: str) -> Iterator[Call]:
    """Return calls with arguments drawn from other tenants' rows, some with the actor's own, alone or among them."""
    names = (*function.argument_names, *("",) * len(function.argument_types))
    body = with_called(world.found.catalog, [function.body])
    values = [
        arguments(world, kind, name or f"${place}", actor, body=body)
        for place, (kind, name) in enumerate(zip(function.argument_types, names, strict=False), 1)
    ]
    about = Told(function.argument_types, names, function.body, tuple(each[0] for each in values))
    told = chain(
        _left_out(function, values),
        _said(function, values),
        _of_one_row(world, function, actor),
        by_text(world, about, actor),
        by_column(world, about, actor),
        _own(world, function, actor),
        _mixed(world, function, actor, values),
    )
    for chosen in islice(_combined(values, told), _CALLS):
        yield Call(statement(function, chosen), tuple(text for each in chosen for text in each.texts))


def calls_with(world: World, function: Function, actor: str, text: str) -> Iterator[Call]:
    """Return calls in which one argument is this text, or a document of it; the others are drawn from others' rows."""
    names = (*function.argument_names, *("",) * len(function.argument_types))
    given = list(enumerate(zip(function.argument_types, names, strict=False)))
    values = [arguments(world, kind, name or f"${place + 1}", actor, body="") for place, (kind, name) in given]
    for place, (kind, _) in given:
        whole = kind in ("json", "jsonb")
        for row in range(_ROWS if kind in TEXTS or whole else 0):
            chosen = [each[row % len(each)] for each in values]
            chosen[place] = document(shaped(function.body, text), kind) if whole else plain(text, kind)
            yield Call(statement(function, tuple(chosen)), (text,))


def _left_out(function: Function, values: list[list[Argument]]) -> Iterator[tuple[Argument, ...]]:
    """Return calls with what arguments are by default, but for one, or for those that have no default."""
    if not any(function.argument_defaults):
        return
    usual = _usual(function, values)
    yield usual
    for place, few in enumerate(values):
        for value in few[:_DEFAULTED]:
            yield (*usual[:place], value, *usual[place + 1 :])


def _usual(function: Function, values: list[list[Argument]]) -> tuple[Argument, ...]:
    """Return what each argument is by default, or else the first of its values."""
    defaults = function.argument_defaults or (None,) * len(values)
    return tuple(
        few[0] if default is None else Argument(sql.SQL("{}").format(sql.SQL(default)), default)
        for few, default in zip(values, defaults, strict=True)
    )


def _said(function: Function, values: list[list[Argument]]) -> Iterator[tuple[Argument, ...]]:
    """Return calls with what the function's text compares its arguments with: each by itself, then all together."""
    usual = _usual(function, values)
    names = (*function.argument_names, *("",) * len(values))
    said = [
        [plain(each, kind) for each in compared(function.body, name or f"${place}", kind)][:_DEFAULTED]
        for place, (kind, name) in enumerate(zip(function.argument_types, names, strict=False), 1)
    ]
    for place, few in enumerate(said):
        for value in few:
            yield (*usual[:place], value, *usual[place + 1 :])
    if sum(map(bool, said)) > 1:
        yield tuple(few[0] if few else each for few, each in zip(said, usual, strict=True))


def _of_one_row(world: World, function: Function, actor: str) -> Iterator[tuple[Argument, ...]]:
    """Return values that are all of one row of another's, in a table that the text names: its key may be of several."""
    kinds, words = function.argument_types, words_of(function.body)
    for relation, row in rows_of_others(world, actor, function.body) if len(kinds) > 1 else ():
        if relation.name.lower() not in words:
            return
        tenant = world.found.tenant_columns.get(relation.oid)
        names = [each for each in relation.columns if each.name != tenant and row.get(each.name) is not None]
        fitting = [[plain(str(row[each.name]), kind) for each in names if alike(each.type, kind)] for kind in kinds]
        yield from islice(product(*fitting), _OF_A_ROW)


def _own(world: World, function: Function, actor: str) -> Iterator[tuple[Argument, ...]]:
    """Return what names the actor's own rows only: what comes back of these may depend on others, or go to them."""
    named = [
        own_documents(world, kind, actor, body=function.body)
        if kind in ("json", "jsonb")
        else [plain(text, kind) for text in own_keys(world, kind, actor, body=function.body)]
        for kind in function.argument_types
    ]
    if named and all(named):
        for place in range(max(map(len, named))):
            yield tuple(each[min(place, len(each) - 1)] for each in named)


def _mixed(
    world: World, function: Function, actor: str, values: list[list[Argument]]
) -> Iterator[tuple[Argument, ...]]:
    """Return others' values with one of the actor's own among them: a function may hold one to the tenant only."""
    kinds = function.argument_types
    # What is a tenant names no row.
    others = [next((each for each in few if each.text not in world.ground.tenants), few[0]) for few in values]
    for place, kind in enumerate(kinds):
        for text in own_keys(world, kind, actor, body=function.body) if kinds.count(kind) > 1 else ():
            chosen = others.copy()
            chosen[place] = plain(text, kind)
            yield tuple(chosen)


def _combined(values: list[list[Argument]], told: Iterable[tuple[Argument, ...]]) -> Iterator[tuple[Argument, ...]]:
    """Return lists of arguments: those that may come from one row, then each value once, then all there are."""
    longest = max((len(each) for each in values), default=1)
    aligned = (tuple(each[place % len(each)] for each in values) for place in range(longest))
    first = tuple(each[0] for each in values)
    single = ((*first[:place], value, *first[place + 1 :]) for place, each in enumerate(values) for value in each)
    nothing = tuple(each[-1] for each in values)
    seen: set[tuple[str | None, ...]] = set()
    for chosen in chain([nothing], told, aligned, single, product(*values)):
        texts = tuple(each.text for each in chosen)
        if texts not in seen:
            seen.add(texts)
            yield chosen


def statement(function: Function, chosen: tuple[Argument, ...]) -> sql.Composed:
    """Return a call with arguments, one for each that goes in."""
    name = sql.Identifier(function.schema, function.name)
    given = sql.SQL(", ").join(_given(function, chosen))
    form = "select to_jsonb(f) from {}({}) as f limit 50"
    if function.procedure:
        form = "call {}({})"
    elif function.kind == "a" or (function.returns == "record" and not function.names_columns):
        form = "select to_jsonb({}({})) as to_jsonb limit 50"
    return sql.SQL(form).format(name, given)


def _given(function: Function, chosen: tuple[Argument, ...]) -> Iterator[sql.Composable]:
    """Return what goes in; a CALL has nulls too for what a procedure gives back."""
    expressions = iter(each.expression for each in chosen)
    for mode in function.argument_modes or ("i",) * len(chosen):
        if mode in _GOES_IN:
            given = next(expressions)
            yield sql.SQL("variadic {}").format(given) if mode == "v" else given
        elif function.procedure:
            yield sql.SQL("null")


def answers(acting: Acting, asked: Sequence[Call]) -> list[Outcome]:
    """Make several calls of a function in as few statements as will do; return what came of each."""
    together = at_once(acting, asked)
    if together is not None:
        return together
    half = len(asked) // 2
    return answers(acting, asked[:half]) + answers(acting, asked[half:])


def at_once(acting: Acting, asked: Sequence[Call]) -> list[Outcome] | None:
    """Make several calls in one statement; None where one of them is refused, or a message may be of any of them."""
    if len(asked) <= 1:
        return [acting.attempt(call.statement) for call in asked]
    together = acting.attempt(
        sql.SQL(" union all ").join(
            sql.SQL("select {}, x.to_jsonb from ({}) as x").format(sql.Literal(place), call.statement)
            for place, call in enumerate(asked)
        )
    )
    if not together.done or together.told:
        return None
    given: list[list[tuple[Any, ...]]] = [[] for _ in asked]
    for place, value in together.rows:
        given[place].append((value,))
    return [Outcome(rows=tuple(rows), count=len(rows)) for rows in given]
