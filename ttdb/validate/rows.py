"""Statements that touch one row: copy it under a new key, change it, move it, delete it."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from ttdb.shape import Asker, CannotMake, Mark, RowMaker
from ttdb.validate.catalog import Column, Relation
from ttdb.validate.ground import Row
from ttdb.validate.holding import LIMIT_MS
from ttdb.validate.identity import PLAIN
from ttdb.validate.queries import query
from ttdb.validate.rights import Rights
from ttdb.validate.world import World

_WORD, _NUMBER = "copied", 7_900_001  # marks the copies whose values are made
CARRIER = "ttdb.row"  # the setting in which the overseer hands the role a row to insert
_LINE = sql.SQL("pg_catalog.current_setting({})::jsonb").format(sql.Literal(CARRIER))
_QUICK = sql.SQL("set local statement_timeout = {}").format(sql.Literal(LIMIT_MS))
_LAST_NUMBER = re.compile(r"\d+(?=\D*$)", re.ASCII)
_TEXTS = ("{0} || '7'", "'x' || {0}", "'X' || {0}")  # one of them passes a CHECK on the text's form, as a rule


@dataclass(frozen=True, slots=True)
class Copy:
    """An insert of a copy of one row, in three statements."""

    prepare: sql.Composed  # by the overseer: the row, with a new key, into the carrier
    insert: sql.Composed  # by the role
    check: sql.Composed  # by the overseer: has rows when the copy is there


def copies(
    world: World, relation: Relation, row: Row, rights: Rights | None, view: Relation | None = None
) -> Iterator[Copy]:
    """Return ways to insert a copy of a row with new keys; they differ in how texts that must be unique are changed.

    Args:
        world: where.
        relation: the table that has the row.
        row: what to copy.
        rights: what the role may do, or None for the overseer.
        view: what to insert through, where that is not the table itself.

    """
    fixed = _fixed(world, relation)
    changing = [column for column in relation.columns if column.unique and column.name not in fixed]
    insert, check = _insert(relation, rights, view or relation), _check(world, relation, _LINE)
    for form in _TEXTS:
        yield Copy(_prepare(world, relation, row, changing, form), insert, check)
        if not any(column.category == "S" for column in changing):
            break
    made = _made(world, relation, row, {column.name for column in changing})
    if made is not None:
        form_of_made = "select pg_catalog.set_config({}, {}, true)"
        prepare = sql.SQL(form_of_made).format(sql.Literal(CARRIER), sql.Literal(json.dumps(dict(made))))
        yield Copy(prepare, insert, check)


def replacing(
    world: World, relation: Relation, row: Row, rights: Rights | None, view: Relation | None = None
) -> Copy | None:
    """Return a way to insert a row where it stood: a unique key to what it belongs to leaves room for one alone.

    The overseer deletes it first, so None where other rows may refer to it.
    """
    if any(key.parent in (relation.oid, relation.root) for key in world.found.catalog.foreign_keys):
        return None
    take = sql.SQL(
        "delete from {} as r where {} returning pg_catalog.set_config({}, to_jsonb(r.*)::text, true)"
    ).format(relation.identifier, world.identity(relation, [row]), sql.Literal(CARRIER))
    return Copy(take, _insert(relation, rights, view or relation), _check(world, relation, _LINE))


def _insert(relation: Relation, rights: Rights | None, into: Relation) -> sql.Composed:
    names = [column.name for column in relation.columns if not column.computed and into.column(column.name)]
    if rights is not None and rights.insert_columns is not None:
        names = [name for name in names if name in rights.insert_columns]
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    return sql.SQL("insert into {} ({}) select {} from jsonb_populate_record(null::{}, {}) as r").format(
        into.identifier, columns, columns, relation.identifier, _LINE
    )


def _made(world: World, relation: Relation, row: Row, changing: set[str]) -> Row | None:
    """Return the row with new keys that its table's CHECKs take, as the database says; None where there is none."""
    if not changing:
        return None
    kept = {name: value for name, value in row.items() if name not in changing}
    return fitting(world, relation, kept, Mark(_WORD, _NUMBER))


def fitting(world: World, relation: Relation, fixed: Row, mark: Mark) -> Row | None:
    """Return a row with these values that its table takes, as the database says; it is not kept."""
    table = world.shape.tables.get(relation.oid)

    def make() -> Row | None:
        if table is None:
            return None
        maker = RowMaker(Asker(world.sessions.overseer), world.shape, table, mark, dict(fixed), {})
        try:
            with world.sessions.overseer.transaction(force_rollback=True):
                world.sessions.overseer.execute(world.sessions.paths.enter_to_write)
                if world.sessions.holds.limited:
                    world.sessions.overseer.execute(_QUICK)
                return maker.make()
        except CannotMake:
            return None

    return world.once(("fitting", relation.oid, mark.word, json.dumps(dict(fixed), sort_keys=True)), make)


def another(column: Column, row: Row, turn: int = 0) -> object:
    """Return another value for a column that is to be unique, each turn a new one; None where there is no telling."""
    value = row.get(column.name)
    if column.type == "uuid":
        return str(uuid.uuid4())
    if column.category == "N" and isinstance(value, int | float):
        return value + 1009 + turn
    return _reformed(str(value), turn) if column.category == "S" else None


def _reformed(value: str, turn: int) -> str:
    """Return another text of the same form: its last number is another, where that is long enough to be new."""
    found = _LAST_NUMBER.search(value)
    if found is None or len(found[0]) < len("0000"):
        return f"{value}{7 + turn}"
    digits = len(found[0])
    number = (int(found[0]) + 7 * 10 ** (digits - 1) + turn) % 10**digits
    return f"{value[: found.start()]}{number:0{digits}}{value[found.end() :]}"


def made_columns(world: World) -> Mapping[int, Sequence[str]]:
    """Return the columns whose values the server makes where they are left out, by table."""
    return world.once(("made columns",), lambda: dict(world.oversee(sql.SQL(query("made_columns"))).rows))


def _fixed(world: World, relation: Relation) -> set[str]:
    """Return the columns that a copy keeps: the tenant's, and those that point to other rows."""
    pointing = {
        name
        for key in world.found.catalog.foreign_keys
        if key.child in (relation.oid, relation.root)
        for name in key.child_columns
    }
    own = world.found.tenant_columns.get(relation.oid)
    only_key = relation.key == (own,)  # the tenants' own table: a copy is another tenant
    return pointing if own is None or only_key else pointing | {own}


def _prepare(world: World, relation: Relation, row: Row, changing: list[Column], form: str) -> sql.Composed:
    pairs: list[sql.Composable] = []
    for column in changing:
        value = _changed(column, form)
        if value is not None:
            pairs += [sql.Literal(column.name), value]
    return sql.SQL(
        "select pg_catalog.set_config({}, (select (to_jsonb(r.*) || jsonb_build_object({}))::text"
        " from {} as r where {}), true)"
    ).format(sql.Literal(CARRIER), sql.SQL(", ").join(pairs), relation.identifier, world.identity(relation, [row]))


def _changed(column: Column, form: str) -> sql.Composed | None:
    name = sql.SQL("r.{}").format(sql.Identifier(column.name))
    if column.type == "uuid":
        return sql.SQL("gen_random_uuid()").format()
    forms = {"N": "{0} + 1000003", "D": "{0} + interval '1 microsecond'", "S": form}
    chosen = forms.get(column.category)
    return None if chosen is None else sql.SQL(chosen).format(name)


def _check(world: World, relation: Relation, line: sql.Composed) -> sql.Composed:
    computed = {column.name for column in relation.columns if column.computed}
    given = tuple(column.name for column in relation.columns if not column.computed)
    names = given if not relation.key or computed & set(relation.key) else relation.key
    same = sql.SQL(" and ").join(_equal(relation, name, line) for name in names)
    if names is given:  # the row that was copied may have the very same values, but is older
        same += sql.SQL(" and age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")
    tenant = world.found.tenant_columns.get(relation.oid)
    if tenant is not None:
        same += sql.SQL(" and to_jsonb(r.{}) = {} -> {}").format(sql.Identifier(tenant), line, sql.Literal(tenant))
    shown = sql.SQL(", ").join(
        sql.SQL("r.{}").format(sql.Identifier(name))
        for name in dict.fromkeys([*([tenant] if tenant else []), *relation.key])
    )
    return sql.SQL("select {} from {} as r where {}").format(
        shown if relation.key or tenant else sql.SQL("1"), relation.identifier, same
    )


def _equal(relation: Relation, name: str, line: sql.Composed) -> sql.Composed:
    """Compare a column with the line's; a key of a plain type as what it is, which an index finds."""
    column = relation.column(name)
    if name in relation.key and column is not None and column.type in PLAIN:
        form = sql.SQL("r.{} = ({} ->> {})::{}")
        return form.format(sql.Identifier(name), line, sql.Literal(name), sql.SQL(column.type))
    return sql.SQL("to_jsonb(r.{}) = {} -> {}").format(sql.Identifier(name), line, sql.Literal(name))


def touch(world: World, relation: Relation, row: Row, rights: Rights) -> sql.Composed | None:
    """Return an update that sets one column of a row to itself; None where no column may be changed."""
    allowed = [
        column.name
        for column in relation.columns
        if not column.computed and (rights.update_columns is None or column.name in rights.update_columns)
    ]
    if not allowed or not _may_find(relation, rights):
        return None
    fixed = {*relation.key, *_fixed(world, relation)}
    name = next((each for each in allowed if each not in fixed), allowed[0])
    return sql.SQL("update {} as r set {} = r.{} where {}").format(
        relation.identifier, sql.Identifier(name), sql.Identifier(name), world.identity(relation, [row])
    )


def move(world: World, relation: Relation, row: Row, rights: Rights, tenant: str) -> sql.Composed | None:
    """Return an update that gives a row to another tenant; None where the role may not change that column."""
    name = world.found.tenant_columns.get(relation.oid)
    if name is None or (name,) == relation.key or not _may_find(relation, rights):
        return None
    if rights.update_columns is not None and name not in rights.update_columns:
        return None
    return sql.SQL("update {} as r set {} = {} where {}").format(
        relation.identifier, sql.Identifier(name), sql.Literal(tenant), world.identity(relation, [row])
    )


def delete(world: World, relation: Relation, row: Row, rights: Rights) -> sql.Composed | None:
    """Return a delete of one row; None where the role could not name it."""
    if not _may_find(relation, rights):
        return None
    return sql.SQL("delete from {} as r where {}").format(relation.identifier, world.identity(relation, [row]))


def _may_find(relation: Relation, rights: Rights) -> bool:
    names = relation.key or tuple(column.name for column in relation.columns)
    return all(rights.may_read(name) for name in names)
