"""What one tenant may do to the database: writes of its own rows, of another's, and of rows that resemble another's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from psycopg import sql

from ttdb.model.validation import Action
from ttdb.validate.catalog import TABLES, Column, ForeignKey, Relation
from ttdb.validate.conditions import rendered
from ttdb.validate.ground import Row
from ttdb.validate.identity import json_literal
from ttdb.validate.likeness import any_row, filled, fired, likenesses
from ttdb.validate.owning import may_set, owning
from ttdb.validate.rights import Rights
from ttdb.validate.rows import another, made_columns
from ttdb.validate.world import World

_WRITTEN = (*TABLES, "v")
_LIKE = 2  # of others' rows, that are imitated
_NAMED = 4  # columns that a trigger names, of which one at a time is changed


@dataclass(frozen=True, slots=True)
class Deed:
    """One write by a tenant."""

    written: Relation  # table or view
    action: Action
    what: str  # in words, after "when it"
    statement: sql.Composed
    own: bool  # it names nothing but the tenant's own rows, so its outcome is the tenant's own business
    oid: int  # of what is written to; the key and columns above may be those of the table beneath
    likelier: bool = False  # another like it is likelier to do harm
    first: sql.Composed | None = None  # what it does before, in a statement of its own

    def returning(self, rights: Rights) -> sql.Composed:
        """Return the statement with the row that it wrote, as far as the role may read it."""
        if self.action is Action.DELETE or not all(rights.may_read(each.name) for each in self.written.columns):
            return self.statement
        return self.statement + sql.SQL(" returning to_jsonb(r.*)")


@dataclass(frozen=True, slots=True)
class _Ground:
    """One relation as one role may write it, with the rows to write."""

    world: World
    written: Relation  # as what is written has it: its name, its columns, the key of the table beneath
    base: Relation
    rights: Rights
    actor: str
    own: Row
    others: tuple[tuple[str, Row], ...]
    made: frozenset[str]  # columns that the server fills in
    oid: int
    turns: Iterator[int] = field(default_factory=count)  # no two rows have the same new keys: all are written at once

    @property
    def tenant(self) -> str | None:
        return self.world.found.tenant_columns.get(self.base.oid)

    @property
    def keys(self) -> list[ForeignKey]:
        tables = (self.base.oid, self.base.root)
        return [each for each in self.world.found.catalog.foreign_keys if each.child in tables]

    @property
    def pointing(self) -> set[str]:
        """Return the columns that point to other rows, the tenant's own apart."""
        return {name for key in self.keys for name in key.child_columns} - {self.tenant or ""}

    def plain(self) -> list[Column]:
        """Return the columns that say something by themselves, and that the role may update.

        Not random keys that the server makes: that one exists is a declared channel.
        """
        random = {each.name for each in self.base.columns if each.unique and each.type == "uuid"} & self.made
        kept = {*self.base.key, *self.pointing, self.tenant, *random}
        allowed = self.rights.update_columns
        return [
            each
            for each in self.written.columns
            if not each.computed and each.name not in kept and (allowed is None or each.name in allowed)
        ]


def deeds(world: World, role: str, actor: str) -> list[Deed]:
    """Return what a role may try as a tenant, one write after another."""
    return world.once(
        ("deeds", role, actor),
        lambda: [_rendered(each) for each in _deeds(world, role, actor)],
    )


def _rendered(deed: Deed) -> Deed:
    return replace(
        deed, statement=rendered(deed.statement), first=rendered(deed.first) if deed.first is not None else None
    )


def _deeds(world: World, role: str, actor: str) -> Iterator[Deed]:
    made = {oid: frozenset(names) for oid, names in made_columns(world).items()}
    for (who, oid), rights in world.rights.items():
        written = world.relation(oid)
        if who != role or written.kind not in _WRITTEN or not (rights.inserts or rights.updates or rights.deletes):
            continue
        base = written if written.kind in TABLES else _beneath(world, written)
        if base is None or base.oid not in world.ground.holdings:
            yield from _of_nobodys(world, written, rights, actor, made.get(oid, frozenset()))
            continue
        own = world.ground.holdings[base.oid].rows.get(actor, ())
        others = tuple(world.ground.victims(base.oid, actor))
        if not others:
            continue
        ground = _Ground(
            world,
            _named(written, base),
            base,
            rights,
            actor,
            own[0] if own else {},
            others,
            made.get(base.oid, frozenset()),
            oid,
        )
        yield from _inserts(ground)
        yield from _updates(ground)
        yield from _deletes(ground)
        yield from _through_triggers(ground)
        yield from _beside_namesake(ground, world.rights.get((role, base.oid)))


def _through_triggers(ground: _Ground) -> Iterator[Deed]:
    """Return writes to a view whose own triggers or rules say what becomes of them, and may find others' rows by them.

    The view takes any value, also where the table beneath makes its own.
    """
    view, rights = ground.world.relation(ground.oid), ground.rights
    if view.kind in TABLES or not ground.own:
        return
    through, mine = replace(ground, written=view, made=frozenset()), _found(ground, ground.own)
    for place, values in enumerate(likenesses(ground.world, view, ground.actor)):
        columns = [each for each in view.columns if each.name in values and may_set(rights, (each.name,))]
        row = {**_fresh(ground, ground.own), **values}
        if rights.inserts:
            what = "inserts a row with values of another's in another table"
            yield replace(_insert(through, row, what, own=True), likelier=place > 0)
        if columns and mine is not None:
            what = "gives its own row values of another's in another table"
            yield replace(_update(through, columns, values, mine, what, own=True), likelier=place > 0)


def _beside_namesake(ground: _Ground, rights: Rights | None) -> Iterator[Deed]:
    """Have a row of its own that is called as another's, and change all rows, or take them away.

    A trigger or a rule that finds rows by a part of their key finds both.
    """
    base = ground.world.relation(ground.base.oid)
    if not ground.own or rights is None or not rights.inserts or ground.tenant not in base.key or len(base.key) == 1:
        return
    other = ground.others[0][1]
    like = {**other, **{name: ground.own.get(name) for name in ground.pointing - {*base.key}}}
    like |= {ground.tenant: ground.own.get(ground.tenant)}
    like |= _beside_own(ground, like)
    namesake = _insert(
        replace(ground, written=base, base=base, rights=rights), like, "", own=True, whole=True
    ).statement
    for column, value in _turned(ground, other) if ground.rights.updates else ():
        what = "updates all rows beside one that is called as another's"
        deed = _update(ground, [column], {column.name: value}, sql.SQL(""), what, own=False)
        yield replace(deed, first=namesake)
    if ground.rights.deletes:
        what = "deletes all rows beside one that is called as another's"
        yield replace(_all_gone(ground, what), first=namesake)


def _beside_own(ground: _Ground, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return another value for a part of a row's key, where a row of the tenant's own has that key: 1, 2 and 3, say."""
    rows = ground.world.ground.holdings[ground.base.oid].rows.get(ground.actor, ())
    if not any(all(each.get(name) == row.get(name) for name in ground.base.key) for each in rows):
        return {}
    free = [each for each in ground.base.columns if each.name in {*ground.base.key} - {ground.tenant, *ground.pointing}]
    made = {each.name: another(each, dict(row), next(ground.turns)) for each in free[:1]}
    return {name: value for name, value in made.items() if value is not None}


def _turned(ground: _Ground, other: Row) -> Iterator[tuple[Column, Any]]:
    """Return other values for a number, a text, and what the triggers name: they may ask whether that changed."""
    text = fired(ground.world, ground.base.oid)
    found = [(each, another(each, other, 1)) for each in ground.plain() if not each.unique]
    known = [pair for pair in found if pair[1] is not None]
    first = [next((pair for pair in known if pair[0].category == kind), None) for kind in ("N", "S")]
    yield from (pair for pair in first if pair is not None)
    rows = [ground.own, *(row for _, row in ground.others)]
    for column in [each for each, _ in found if each.name in text][:_NAMED]:
        here = other.get(column.name)
        usual = (row[column.name] for row in rows if row.get(column.name) not in (None, here))
        value = next(usual, another(column, other, 1))
        if value is not None:
            yield column, value


def _of_nobodys(world: World, relation: Relation, rights: Rights, actor: str, made: frozenset[str]) -> Iterator[Deed]:
    """Return writes to a table that is no tenant's, where what they set off may find others' rows."""
    if relation.kind not in TABLES or not rights.inserts or not likenesses(world, relation, actor):
        return
    row = any_row(world, relation)
    if row is not None:
        yield from _likened(_Ground(world, relation, relation, rights, actor, row, (), made, relation.oid))


def _beneath(world: World, view: Relation) -> Relation | None:
    """Return the tenants' table of whose columns the view shows most."""
    bases = (world.relation(oid) for oid in world.found.catalog.bases.get(view.oid, ()) if oid in world.ground.holdings)
    shared = {base.oid: sum(1 for each in base.columns if view.column(each.name)) for base in bases}
    best = max(shared, key=lambda oid: shared[oid], default=None)
    return world.relation(best) if best is not None and shared[best] else None


def _named(written: Relation, base: Relation) -> Relation:
    if written is base:
        return base
    shown = tuple(each for each in base.columns if written.column(each.name))
    key = base.key if all(written.column(name) for name in base.key) else ()
    return replace(base, schema=written.schema, name=written.name, columns=shown, key=key)


def _inserts(ground: _Ground) -> Iterator[Deed]:
    if not ground.rights.inserts:
        return
    for _, other in ground.others[:_LIKE] if ground.own else ():
        like = {**other, **{name: ground.own.get(name) for name in ground.pointing}}
        if ground.tenant is not None:
            like[ground.tenant] = ground.own.get(ground.tenant)
        yield _insert(ground, like, "inserts a row of its own with another's values", own=True)
        if (beside := _fresh(ground, like)) != like:  # a trigger may spare the row that has the same key
            yield _insert(ground, beside, "inserts a row of its own with another's values, but for its key", own=True)
        if left_out := filled(ground.world, ground.base):
            what = "inserts a row of its own with another's values, but for what a trigger fills in"
            yield _insert(ground, like | left_out, what, own=True)
    for key in ground.keys if ground.own else ():
        pointing = _pointing(ground, key)
        if pointing:
            yield _insert(ground, _fresh(ground, {**ground.own, **pointing}), "refers to another's row", own=True)
    for _, other in ground.others[:_LIKE]:
        yield _insert(ground, _fresh(ground, other), "inserts a row for another", own=False)
    yield from _upserts(ground)
    if ground.own:
        yield from _likened(ground)


def _likened(ground: _Ground) -> Iterator[Deed]:
    """Insert rows of its own by which a trigger or a rule may find others' rows in another table."""
    for place, values in enumerate(likenesses(ground.world, ground.base, ground.actor)):
        row = {**_fresh(ground, ground.own), **values}
        what = "inserts a row of its own with values of another's in another table"
        yield replace(_insert(ground, row, what, own=True), likelier=place > 0)


def _upserts(ground: _Ground) -> Iterator[Deed]:
    other, plain = ground.others[0][1], ground.plain()
    if ground.written is ground.base and ground.base.key and plain and ground.rights.updates:
        statement = _insert(ground, other, "", own=False, whole=True).statement + sql.SQL(
            " on conflict ({}) do update set {} = excluded.{}"
        ).format(
            sql.SQL(", ").join(sql.Identifier(name) for name in ground.base.key),
            sql.Identifier(plain[0].name),
            sql.Identifier(plain[0].name),
        )
        yield Deed(ground.written, Action.UPDATE, "inserts over another's row", statement, own=False, oid=ground.oid)


def _updates(ground: _Ground) -> Iterator[Deed]:
    if not ground.rights.updates:
        return
    plain, other = ground.plain(), ground.others[0][1]
    mine = _found(ground, ground.own)
    if mine is not None and plain:
        yield _update(ground, plain, other, mine, "gives its own row another's values", own=True)
        # The likeliest last: what a delete then sets off sees the row as it is left.
        found = likenesses(ground.world, ground.base, ground.actor)
        ways = [(columns, values) for values in found if (columns := [each for each in plain if each.name in values])]
        for place, (columns, values) in reversed(list(enumerate(ways))):
            what = "gives its own row values of another's in another table"
            yield replace(_update(ground, columns, values, mine, what, own=True), likelier=place > 0)
    for key in ground.keys if mine is not None else ():
        pointing = _pointing(ground, key)
        allowed = ground.rights.update_columns
        if pointing and mine is not None and (allowed is None or set(pointing) <= set(allowed)):
            columns = [each for each in ground.written.columns if each.name in pointing]
            yield _update(ground, columns, pointing, mine, "lets its row refer to another's", own=True)
    everything = sql.SQL("")
    loose = [each for each in plain if not each.unique]
    if loose:
        yield _update(ground, loose[:1], other, everything, "updates all rows", own=False)
    yield from _passed_on(ground)
    yield from _merges(ground, loose)


def _passed_on(ground: _Ground) -> Iterator[Deed]:
    """Give all rows away, or take all over, without WHERE: then no policy for reading is asked about the new rows."""
    everything, other = sql.SQL(""), ground.others[0][1]
    for names in owning(ground.world, ground.base):
        columns = [each for each in ground.written.columns if each.name in names]
        if len(columns) == len(names) and may_set(ground.rights, names):
            yield _update(ground, columns, other, everything, "gives all rows away", own=False)
            if ground.own:
                yield _update(ground, columns, ground.own, everything, "takes all rows over", own=False)


def _merges(ground: _Ground, loose: list[Column]) -> Iterator[Deed]:
    theirs = _condition(ground, ground.others[0][1])
    if ground.written is ground.base and theirs is not None and loose:
        name = sql.Identifier(loose[0].name)
        statement = sql.SQL(
            "merge into {} as r using (select 1) as s on {} when matched then update set {} = r.{}"
        ).format(ground.written.identifier, theirs, name, name)
        yield Deed(ground.written, Action.UPDATE, "merges into another's row", statement, own=False, oid=ground.oid)


def _deletes(ground: _Ground) -> Iterator[Deed]:
    if not ground.rights.deletes:
        return
    mine, everything = _found(ground, ground.own), _all_gone(ground, "deletes all rows")
    if mine is not None:
        what = "deletes its own row"
        yield Deed(ground.written, Action.DELETE, what, everything.statement + mine, own=True, oid=ground.oid)
    yield everything
    for values in likenesses(ground.world, ground.base, ground.actor) if ground.own and ground.rights.inserts else ():
        made = _insert(ground, {**_fresh(ground, ground.own), **values}, "", own=True)
        said = {name: each for name, each in values.items() if isinstance(each, str | int)}
        if said and all(ground.rights.may_read(name) for name in said):
            what = "deletes a row of its own with values of another's in another table"
            statement = everything.statement + _saying(said)
            yield Deed(ground.written, Action.DELETE, what, statement, own=False, oid=ground.oid, first=made.statement)


def _saying(values: Mapping[str, str | int]) -> sql.Composed:
    """Return the condition that a row says these."""
    pairs = [
        sql.SQL("r.{}::text = {}").format(sql.Identifier(name), sql.Literal(str(each))) for name, each in values.items()
    ]
    return sql.SQL(" where {}").format(sql.SQL(" and ").join(pairs))


def _all_gone(ground: _Ground, what: str) -> Deed:
    target = sql.SQL("delete from {} as r").format(ground.written.identifier)
    return Deed(ground.written, Action.DELETE, what, target, own=False, oid=ground.oid)


def _insert(ground: _Ground, row: Mapping[str, Any], what: str, *, own: bool, whole: bool = False) -> Deed:
    allowed = ground.rights.insert_columns
    names = [
        each.name
        for each in ground.written.columns
        if not each.computed
        and (allowed is None or each.name in allowed)
        and (whole or each.name not in ground.made or each.name == ground.tenant)
    ]
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    overriding = sql.SQL("overriding system value ") if whole else sql.SQL("")
    statement = sql.SQL("insert into {} as r ({}) {}select {} from {} as s").format(
        ground.written.identifier, columns, overriding, columns, _record(ground, row)
    )
    return Deed(ground.written, Action.INSERT, what, statement, own, ground.oid)


def _update(  # noqa: PLR0913 - the parts of one statement
    ground: _Ground, columns: list[Column], row: Mapping[str, Any], where: sql.Composable, what: str, *, own: bool
) -> Deed:
    record = _record(ground, row)
    values = sql.SQL(", ").join(
        sql.SQL("{} = (select s.{} from {} as s)").format(sql.Identifier(each.name), sql.Identifier(each.name), record)
        for each in columns
    )
    statement = sql.SQL("update {} as r set {}").format(ground.written.identifier, values) + where
    return Deed(ground.written, Action.UPDATE, what, statement, own, ground.oid)


def _record(ground: _Ground, row: Mapping[str, Any]) -> sql.Composed:
    return sql.SQL("jsonb_populate_record(null::{}, {}::jsonb)").format(
        ground.written.identifier, json_literal({each.name: row.get(each.name) for each in ground.written.columns})
    )


def _fresh(ground: _Ground, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with other values where they must be unique, so that only what is asked about can refuse it."""
    kept, turn = {*ground.pointing, ground.tenant}, next(ground.turns)
    changed = dict(row)
    for column in ground.base.columns:
        value = row.get(column.name)
        if not column.unique or column.name in kept or column.name in ground.made or value is None:
            continue
        if column.type != "uuid" and (new := another(column, row, turn)) is not None:
            changed[column.name] = new
    return changed


def _pointing(ground: _Ground, key: ForeignKey) -> dict[str, Any]:
    """Return the key's columns with another tenant's row as what they point to; the tenant stays."""
    victims = ground.world.ground.victims(key.parent, ground.actor)
    pairs = zip(key.child_columns, key.parent_columns, strict=True)
    return {child: victims[0][1].get(parent) for child, parent in pairs if child != ground.tenant} if victims else {}


def _found(ground: _Ground, row: Row) -> sql.Composed | None:
    condition = _condition(ground, row) if row else None
    return None if condition is None else sql.SQL(" where {}").format(condition)


def _condition(ground: _Ground, row: Row) -> sql.Composed | None:
    names = ground.written.key or tuple(each.name for each in ground.written.columns)
    if not all(ground.rights.may_read(name) for name in names):
        return None
    return ground.world.identity(ground.written, [row])
