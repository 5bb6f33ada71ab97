"""Rows that a session makes about itself: who it is, and another tenant's name, its parents, or a word that opens."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from psycopg import sql

from ttdb.shape import Mark
from ttdb.validate.arguments import alike
from ttdb.validate.catalog import TABLES, Policy, Relation
from ttdb.validate.discover.claims import stem
from ttdb.validate.ground import Row
from ttdb.validate.guessing import within_reach
from ttdb.validate.identity import json_literal
from ttdb.validate.likeness import any_row
from ttdb.validate.marks import to_tenants
from ttdb.validate.owning import owning, tied
from ttdb.validate.plant import tenants_table
from ttdb.validate.reaches import KEY, tables_in, with_called, words_of
from ttdb.validate.rights import Rights
from ttdb.validate.rows import another, fitting, made_columns
from ttdb.validate.world import World

_EQUATED = re.compile(  # level = 'x', (level)::text = 'x', level = any (array['x', ...]), level in ('x', ...)
    r"(\w+)\"?\)?(?:::[\w ]+)?\s*(?:=|~~\*?|\bin\b)\s*(?:any\b)?[\s(]*(?:array\[)?'([\w -]{1,30})'", re.IGNORECASE
)
_UNSET = re.compile(r"(\w+)\"? IS NULL\b")  # department_id IS NULL
_KEYED = re.compile(r"(\w+)\"?\s*\?\s*'([^']*)'")  # settings ? 'shared'
_PAIRED = re.compile(r"(\w+)\.(\w+)\)?(?:::[\w ]+)?\s*=\s*\(?(\w+)\.(\w+)")  # s.order_id = orders.id
_MARK = Mark("selfmade", 7_700_001)
_CHANGES, _OWNED, _WORDS = 48, 12, 4
_COMPARED = ("S", "N")  # categories of types by whose values a row is taken for another's


@dataclass(frozen=True, slots=True)
class Subject:
    """One table in which a session may say something of itself."""

    relation: Relation
    rows: tuple[Row, ...]  # the tenant's own, or one that is nobody's; what is made is made after the first
    other: Row | None  # another tenant's
    named: frozenset[str]  # words of the policies that hold it, and of those that believe it
    equated: tuple[tuple[str, str], ...]  # columns of any table, and the words that they are compared with
    claims: tuple[Row, ...] = ()  # what names a row of another in the tables that believe this one
    keys: tuple[str, ...] = ()  # of documents, that the policies ask for


def believed(world: World, role: str) -> dict[int, set[int]]:
    """Return the tables that a role's policies believe, by subqueries, views and functions, and whose policies do."""
    return world.once(("believed", role), lambda: _believed(world, role))


def _believed(world: World, role: str) -> dict[int, set[int]]:
    catalog = world.found.catalog
    groups = {"public", role, *catalog.roles[role].inherits}
    found: dict[int, set[int]] = {}
    for policy in catalog.policies:
        if groups & set(policy.roles):
            for oid in _read_by(world, policy):
                found.setdefault(oid, set()).add(policy.relation)
    return found


def _read_by(world: World, policy: Policy) -> set[int]:
    catalog = world.found.catalog
    direct = {base for oid in policy.relations for base in (oid, *catalog.bases.get(oid, ()))}
    through = world.once(("named", policy.functions), lambda: tables_in(catalog, _called(world, policy)))
    return {oid for oid in (*direct, *through) if oid in catalog.relations and catalog.relations[oid].kind in TABLES}


def _called(world: World, policy: Policy) -> str:
    """Return the bodies of the functions that a policy calls, directly or through others."""

    def called() -> str:
        if not policy.functions:
            return ""
        bodies = (each.body for each in world.found.catalog.bodies if each.oid in policy.functions)
        return with_called(world.found.catalog, bodies)

    return world.once(("called", policy.functions), called)


def subject(world: World, relation: Relation, actor: str, believers: Iterable[int]) -> Subject | None:
    """Return what a session could say in a table; None where no row is known to make another after."""
    holding = world.ground.holdings.get(relation.oid)
    rows = holding.rows.get(actor, ()) if holding is not None else ()
    victims = world.ground.victims(relation.oid, actor)
    if not rows:
        fixed = _referring(world, relation, actor)
        one = any_row(world, relation) if holding is None else fitting(world, relation, fixed, _MARK)
        rows = (one,) if one is not None else ()
    if not rows:
        return None
    about = {relation.oid, *believers}
    policies = [each for each in world.found.catalog.policies if each.relation in about]
    text = " ".join(f"{each.text} {_called(world, each)}" for each in policies)
    other = victims[0][1] if victims else _other(world, relation, rows[0], actor)
    equated = tuple(dict.fromkeys(_EQUATED.findall(text)))
    claims = tuple(_claims(world, relation, actor, believers))
    keys = tuple(dict.fromkeys(KEY.findall(text)))
    return Subject(relation, rows, other, frozenset(words_of(text)), equated, claims, keys)


def _claims(world: World, relation: Relation, actor: str, believers: Iterable[int]) -> Iterator[Row]:
    """Return, for each policy that compares its own table's columns with this one's, what another's row has there."""
    policies = [each for each in world.found.catalog.policies if each.relation in set(believers) - {relation.oid}]
    for policy in policies:
        target, victims = world.relation(policy.relation), world.ground.victims(policy.relation, actor)
        said: dict[str, Any] = {}
        for one, name, two, named in _PAIRED.findall(policy.text.replace('"', "")) if victims else ():
            for table, theirs, own in ((one, name, named), (two, named, name)):
                if table == target.name and target.column(theirs) and relation.column(own):
                    said[own] = victims[0][1].get(theirs)
        if said:
            yield said


def _other(world: World, relation: Relation, row: Row, actor: str) -> Row | None:
    """Return the row as another tenant's would be."""
    others = [each for each in world.ground.tenants if each != actor]
    said = _referring(world, relation, others[0]) if others else {}
    return {**row, **said} if said else None


def _referring(world: World, relation: Relation, tenant: str) -> dict[str, Any]:
    """Return the columns of a tenant's row that say whose it is and what it refers to."""
    said: dict[str, Any] = {}
    for key in world.found.catalog.foreign_keys:
        if key.child in (relation.oid, relation.root):
            holding = world.ground.holdings.get(key.parent)
            parents = holding.rows.get(tenant, ()) if holding is not None else ()
            parent = parents[0] if parents else any_row(world, world.relation(key.parent)) if holding is None else None
            pairs = zip(key.child_columns, key.parent_columns, strict=True)
            said |= {name: parent.get(other) for name, other in pairs} if parent is not None else {}
    column = world.found.tenant_columns.get(relation.oid)
    return said if column is None else {**said, column: tenant}


def changes(world: World, one: Subject, actor: str, role: str) -> list[dict[str, Any]]:
    """Return what a row may say to open more than it did."""
    groups = [[_Saying({}), *group] for group in _owned(world, one, actor)]
    owned = [_joined(parts) for parts in islice(product(*groups), _OWNED)]
    kept = {name for columns in owning(world, one.relation) for name in columns}
    kept.add(world.found.tenant_columns.get(one.relation.oid, ""))
    words = [each for each in _said(one, role) if not kept & each.keys()]
    claims = [said for claim in one.claims for said in ({**_for(world, one, actor), **claim}, dict(claim))]
    telling = [*claims, *(each.says for each in owned if each.others)]
    telling += _alike(world, one, kept | _pointing(world, one.relation))
    telling += _noted(world, one, actor)
    telling += _listed(world, one, actor, kept)
    # Where tenants are words, a column that may name one may say another word as well.
    telling += [word | each.says for word in words for each in owned if not word.keys() & each.says.keys()]
    row = one.rows[0]
    return [each for each in telling if any(row.get(name) != new for name, new in each.items())][:_CHANGES]


def _for(world: World, one: Subject, actor: str) -> dict[str, Any]:
    """Return the columns that policies name and that may hold a tenant, all with this one: the row is for it.

    Where tenants are numbers, any column of numbers might: only those that are called so.
    """
    kind, called = _type_of_tenants(world), stem(world.found.tenant_column or "")
    named = [each for each in one.relation.columns if each.name in one.named and (each.name,) != one.relation.key]
    alike_to = [each for each in named if kind and alike(each.type, kind)]
    return {each.name: actor for each in alike_to if each.category != "N" or (called and called in stem(each.name))}


def _noted(world: World, one: Subject, actor: str) -> list[dict[str, Any]]:
    """Return documents that name another tenant, under a key that the policies ask for."""
    others = [each for each in world.ground.tenants if each != actor][:1]
    documents = [each for each in one.relation.columns if each.type in ("json", "jsonb") and each.name in one.named]
    stands = {each.name: one.rows[0].get(each.name) for each in documents}
    return [
        {name: {**(document if isinstance(document, Mapping) else {}), key: other}}
        for other in others
        for name, document in stands.items()
        for key in one.keys
    ]


def _listed(world: World, one: Subject, actor: str, kept: Container[str]) -> list[dict[str, Any]]:
    """Return another tenant in a list that policies name: of tenants, or of texts, or written as text."""
    other = next((each for each in world.ground.tenants if each != actor), None)
    lists = {f"{_type_of_tenants(world)}[]", "text[]", "character varying[]"}
    named = [each for each in one.relation.columns if each.name in one.named and not each.computed]
    free = [each for each in named if each.name not in kept and (each.name,) != one.relation.key]
    said = [{each.name: [other]} for each in free if each.type in lists]
    texts = [{each.name: other} for each in free if each.category == "S"]
    return [*said, *texts] if other is not None else []


def _alike(world: World, one: Subject, kept: Container[str]) -> list[dict[str, Any]]:
    """Return another's values, one at a time, by which policies may take an own row for a claim to the other's.

    Those that may be guessed, and what tenants are called, which is known.
    """
    called = one.relation.oid == tenants_table(world.found)
    other = one.other
    if other is None:
        return []
    free = [each for each in one.relation.columns if each.name in one.named and not each.computed]
    return [
        {column.name: other[column.name]}
        for column in free
        if column.name not in kept and column.category in _COMPARED and isinstance(other.get(column.name), str | int)
        if called or within_reach(str(other[column.name]), (str(row.get(column.name)) for row in one.rows))
    ]


@dataclass(frozen=True, slots=True)
class _Saying:
    """What some columns of a row may say."""

    says: dict[str, Any]
    others: bool = False  # it names another tenant, or what is another's


def _joined(parts: Iterable[_Saying]) -> _Saying:
    several = list(parts)
    says = {name: value for part in several for name, value in part.says.items()}
    return _Saying(says, any(part.others for part in several))


def _owned(world: World, one: Subject, actor: str) -> Iterator[list[_Saying]]:
    """Return, for each of the columns that say whose a row is, or with whom it is shared, what they may say."""
    ways = owning(world, one.relation)
    if one.other is not None:
        for columns in ways:
            names = tied(world, one.relation, columns)
            yield [_Saying({name: one.other.get(name) for name in names}, others=True)]
    kept = {name for columns in ways for name in columns} | _pointing(world, one.relation)
    kept -= to_tenants(world, one.relation)  # a parent, a partner, a guest
    others = [each for each in world.ground.tenants if each != actor][:1]
    kind = _type_of_tenants(world)
    for column in one.relation.columns:
        free = column.name in one.named and column.name not in kept and (column.name,) != one.relation.key
        if free and kind and alike(column.type, kind) and others:
            yield [_Saying({column.name: actor}), _Saying({column.name: others[0]}, others=True)]


def _pointing(world: World, relation: Relation) -> set[str]:
    tables = (relation.oid, relation.root)
    return {name for key in world.found.catalog.foreign_keys if key.child in tables for name in key.child_columns}


def _type_of_tenants(world: World) -> str | None:
    columns = (world.relation(oid).column(name) for oid, name in world.found.tenant_columns.items())
    return next((each.type for each in columns if each is not None), None)


def persuading(relation: Relation, conditions: str, role: str) -> list[dict[str, Any]]:
    """Return what a row may say, a column at a time, that these conditions of policies may take for leave."""
    words = frozenset(words_of(conditions))
    said = list(_said(Subject(relation, (), None, words, tuple(_EQUATED.findall(conditions))), role))
    documents = {each.name for each in relation.columns if each.type == "jsonb"}
    may_be_unset = {each.name for each in relation.columns if not (each.not_null or each.computed)}
    said += [{name: {key: 1}} for name, key in _KEYED.findall(conditions) if name in documents]
    return [*said, *({name: None} for name in _UNSET.findall(conditions) if name in may_be_unset)]


def _said(one: Subject, role: str) -> Iterator[dict[str, Any]]:
    """Return one column at a time with a word that the policies compare it with, or true, or the role's own name."""
    for column in one.relation.columns:
        if column.name in one.named and not column.computed:
            if column.category == "B":
                yield {column.name: True}
            words = [word for name, word in one.equated if name == column.name]
            yield from ({column.name: word} for word in words[:_WORDS])
            if column.category == "S" and {"current_user", "session_user"} & one.named:
                yield {column.name: role}


def renewed(world: World, relation: Relation, row: Row, said: Mapping[str, Any]) -> Row:
    """Return the row with what is said, and new values in the keys that would else be the row's own."""
    table, fresh = world.shape.tables.get(relation.oid), {**row, **said}
    for key in table.keys if table is not None else ():
        if all(fresh.get(name) == row.get(name) for name in key.columns):
            columns = (relation.column(name) for name in key.columns)
            for column in columns:
                if column is not None and column.name not in said and (new := another(column, row)) is not None:
                    fresh[column.name] = new
                    break
    return fresh


def insertion(world: World, relation: Relation, row: Row, rights: Rights, said: Mapping[str, Any]) -> sql.Composed:
    """Return the insert of a row, which leaves to the server what is not said and has a default that makes it."""
    made = made_columns(world)
    names = [
        each.name
        for each in relation.columns
        if not each.computed
        and (rights.insert_columns is None or each.name in rights.insert_columns)
        and (each.name in said or each.name not in made.get(relation.oid, ()))
    ]
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    return sql.SQL("insert into {} ({}) select {} from {} as s").format(
        relation.identifier, columns, columns, _record(relation, row)
    )


def change(world: World, relation: Relation, row: Row, said: Mapping[str, Any], *, named: bool) -> sql.Composed:
    """Return the update that makes a row say something: that row alone, or all that may be updated."""
    record = _record(relation, {**row, **said})
    form = sql.SQL("{} = (select s.{} from {} as s)")
    values = [form.format(sql.Identifier(name), sql.Identifier(name), record) for name in said]
    statement = sql.SQL("update {} as r set {}").format(relation.identifier, sql.SQL(", ").join(values))
    return statement + sql.SQL(" where {}").format(world.identity(relation, [row])) if named else statement


def _record(relation: Relation, row: Row) -> sql.Composed:
    return sql.SQL("jsonb_populate_record(null::{}, {}::jsonb)").format(relation.identifier, json_literal(dict(row)))
