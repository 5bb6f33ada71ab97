"""Columns and keys in JSON that hold tenants by their own names, where no tenant column says whose a row is."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from psycopg import sql

from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.plant import tenants_table
from ttdb.validate.taint import Taint
from ttdb.validate.world import World

_BESIDE = 3  # keys of an object that is a row
_ASKED = 3  # tables that are asked for the tenants they know


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one row, as JSON, and its digest: a report is no place for what it holds."""

    column: str
    value: object
    digest: str


def to_tenants(world: World, relation: Relation) -> frozenset[str]:
    """Return the columns that refer to the table of tenants by a foreign key, the tenant column apart."""
    table = tenants_table(world.found)
    keys = (key for key in world.found.catalog.foreign_keys if table is not None and key.parent == table)
    names = {name for key in keys if key.child == relation.oid for name in key.child_columns}
    return frozenset(names - {world.found.tenant_columns.get(relation.oid)})


def marked(world: World, relation: Relation, taint: Taint, rows: Sequence[Sequence[Cell]]) -> Cell | None:
    """Return a cell that names another tenant, in a place that names tenants in every row; None without.

    A place is a column, or a path of keys in JSON. A column in which each value stands once lists tenants, and says
    nothing of what they have.
    """
    if not taint.tenants:
        return None
    unique = {each.name for each in relation.columns if each.unique}
    places: dict[tuple[str, ...], list[tuple[str, Cell]]] = {}
    for row in rows:
        for cell in row:
            for place, text in _places(cell.value, (cell.column,)):
                if place != (cell.column,) or cell.column not in unique:
                    places.setdefault(place, []).append((text.lower(), cell))
    for found in places.values():
        shown = next((cell for text, cell in found if text in taint.tenants), None)
        if shown is not None and _are_tenants(world, {text for text, _ in found}):
            return shown
    return None


def row_of_another(world: World, actor: str, rows: Sequence[Sequence[Cell]]) -> Cell | None:
    """Return a cell with a row of another tenant inside: an object in JSON with a tenant column and several beside it.

    What has a tenant alone, or a name with it, may speak of whom one deals with.
    """
    columns = set(world.found.tenant_columns.values())
    for cell in (cell for row in rows for cell in row):
        for _, tenant in tenants_in(cell.value, columns, beside=_BESIDE):
            if tenant != actor and tenant in world.ground.tenants:
                return cell
    return None


def tenants_in(value: object, columns: Container[str], *, beside: int = 1) -> Iterator[tuple[str, str]]:
    """Return the tenants of rows in JSON, each with the key that says so: a bare tenant says nothing of a row.

    Args:
        value: from JSON.
        columns: what tenant columns are called.
        beside: how many keys an object must have beside that one.

    """
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name in columns and len(value) > beside and each is not None:
                yield name, str(each)
            yield from tenants_in(each, columns, beside=beside)
    elif isinstance(value, list):
        for each in value:
            yield from tenants_in(each, columns, beside=beside)


def _places(value: object, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _places(each, (*place, str(key)))
    elif isinstance(value, list):
        for each in value:
            yield from _places(each, (*place, "[]"))
    elif isinstance(value, str):
        yield place, value


def _are_tenants(world: World, texts: set[str]) -> bool:
    """Tell whether each of some texts, in lower case, is a tenant: of those in the survey, or of all there are."""
    unknown = texts - {tenant.lower() for tenant in world.ground.tenants}
    tables = (oid for oid in world.found.tenant_columns if world.relation(oid).kind in TABLES)
    for oid in islice(tables, _ASKED) if unknown else ():
        relation, column = world.relation(oid), sql.Identifier(world.found.tenant_columns[oid])
        known = world.oversee(
            sql.SQL("select distinct lower(r.{0}::text) from {1} as r where lower(r.{0}::text) = any({2})").format(
                column, relation.identifier, sql.Literal(sorted(unknown))
            )
        )
        unknown -= {row[0] for row in known.rows}
    return not unknown
