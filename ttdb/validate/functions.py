"""Functions that run with their owner's rights: which there are, and calls of them with others' values."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from ttdb.validate.catalog import TABLES, Column, Relation
from ttdb.validate.queries import query
from ttdb.validate.world import World

_CALLS, _VALUES = 40, 6
_TEXTS = ("text", "character varying", "citext", "name")
_NUMBERS = ("smallint", "integer", "bigint", "numeric")
_PREFIXES = ("p_", "v_", "in_", "_", "arg_", "the_")


@dataclass(frozen=True, slots=True)
class Function:
    """One function or procedure that runs with its owner's rights."""

    oid: int
    schema: str
    name: str
    procedure: bool
    volatile: bool
    signature: str
    argument_types: tuple[str, ...]
    argument_names: tuple[str, ...]
    body: str
    callers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({self.signature})"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and the texts that went into it: what comes back of these tells nothing."""

    statement: sql.Composed
    given: tuple[str, ...]


def functions(world: World) -> list[Function]:
    """Return those that a role under attack may call."""
    with world.sessions.overseer.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("functions"), {"roles": list(world.attackers)}).fetchall()
    listed = [_function(row) for row in rows]
    return [each for each in listed if each.callers]


def _function(row: dict[str, Any]) -> Function:
    frozen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Function(**frozen)


def calls(world: World, function: Function, actor: str) -> Iterator[Call]:
    """Return calls with arguments drawn from other tenants' rows."""
    names = (*function.argument_names, *("",) * len(function.argument_types))
    values = [_values(world, kind, name, actor) for kind, name in zip(function.argument_types, names, strict=False)]
    for chosen in islice(product(*values), _CALLS):
        arguments = sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(kind))  # as the catalog has it
            for value, kind in zip(chosen, function.argument_types, strict=True)
        )
        name = sql.Identifier(function.schema, function.name)
        form = "call {}({})" if function.procedure else "select to_jsonb(f) from {}({}) as f limit 50"
        yield Call(sql.SQL(form).format(name, arguments), tuple(value for value in chosen if value is not None))


def _values(world: World, kind: str, name: str, actor: str) -> list[str | None]:
    """Return values for one argument: from columns of its name first, then of its type."""
    bare = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)
    by_name: dict[str, None] = {}
    by_type: dict[str, None] = {}
    for relation, column, value in _others(world, actor):
        if not _alike(column.type, kind):
            continue
        own = world.found.tenant_columns.get(relation.oid)
        telling = column.name == own or column.name in relation.key or column.unique
        if bare in (column.name, f"{relation.name.removesuffix('s')}_{column.name}"):
            by_name[value] = None
        elif telling or kind in _TEXTS:
            by_type[value] = None
    chosen: list[str | None] = []
    chosen += [*by_name][:_VALUES]
    chosen += [value for value in by_type if value not in by_name][: max(_VALUES - len(chosen), 2)]
    if kind in _TEXTS:
        chosen += ["%", *_queries(world)]
    if kind == "boolean":
        chosen += ["true", "false"]
    return chosen or [None]


def _others(world: World, actor: str) -> Iterator[tuple[Relation, Column, str]]:
    """Return the values of a few rows of other tenants."""
    for oid, holding in world.ground.holdings.items():
        relation = world.relation(oid)
        rows = [row for tenant, each in holding.rows.items() if tenant != actor for row in each[:2]]
        if relation.kind in TABLES and relation.root is None:
            for row, column in product(rows, relation.columns):
                value = row.get(column.name)
                if value is not None and not isinstance(value, dict | list):
                    yield relation, column, str(value)


def _alike(column: str, argument: str) -> bool:
    groups = (_TEXTS, _NUMBERS)
    return column == argument or any(column in group and argument in group for group in groups)


def _queries(world: World) -> list[str]:
    """Return a query, for functions that run what they are given."""
    for oid, holding in world.ground.holdings.items():
        relation = world.relation(oid)
        if len(holding.tenants) > 1 and relation.kind in TABLES and oid in world.found.tenant_columns:
            name = relation.identifier.as_string(None)
            return [f"select to_jsonb(r)::text from {name} as r limit 50"]  # noqa: S608 - a value, never our statement
    return []
