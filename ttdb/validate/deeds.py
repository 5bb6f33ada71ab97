"""What one tenant may do to the database: writes of its own rows, of another's, and of rows that resemble another's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg import sql

from ttdb.model.validation import Action
from ttdb.validate.catalog import TABLES, Column, Relation
from ttdb.validate.conditions import rendered
from ttdb.validate.ground import Row
from ttdb.validate.likeness import any_row, filled, fired, likenesses
from ttdb.validate.owning import may_set, owning
from ttdb.validate.rights import Rights
from ttdb.validate.rows import another, made_columns
from ttdb.validate.world import World
from ttdb.validate.writes import (
    Deed,
    Ground,
    all_gone,
    condition_of,
    inserting,
    to_others_row,
    updating,
    where_it_is,
    with_new_keys,
)

_WRITTEN = (*TABLES, "v")
_LIKE = 2  # of others' rows, that are imitated
_NAMED = 4  # columns that a trigger names, of which one at a time is changed


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
        ground = Ground(
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
        yield from _renamed(ground)


def _through_triggers(ground: Ground) -> Iterator[Deed]:
    """Return writes to a view whose own triggers or rules say what becomes of them, and may find others' rows by them.

    The view takes any value, also where the table beneath makes its own.
    """
    view, rights = ground.world.relation(ground.oid), ground.rights
    if view.kind in TABLES or not ground.own:
        return
    through, mine = replace(ground, written=view, made=frozenset()), where_it_is(ground, ground.own)
    for place, values in enumerate(likenesses(ground.world, view, ground.actor)):
        columns = [each for each in view.columns if each.name in values and may_set(rights, (each.name,))]
        row = {**with_new_keys(ground, ground.own), **values}
        if rights.inserts:
            what = "inserts a row with values of another's in another table"
            yield replace(inserting(through, row, what, own=True), likelier=place > 0)
        if columns and mine is not None:
            what = "gives its own row values of another's in another table"
            yield replace(updating(through, columns, values, mine, what, own=True), likelier=place > 0)
    # Last: another deed may give the other's row its own values back.
    key = [name for name in ground.base.key if name != ground.tenant]
    keyed = {**ground.own, **{name: ground.others[0][1].get(name) for name in key}}
    named = [each for each in view.columns if each.name in keyed and each.name != ground.tenant]
    settable = [each for each in named if may_set(rights, (each.name,))]
    if mine is not None and {each.name for each in settable} & {*key}:
        deed = updating(through, settable, keyed, mine, "gives its own row another's key", own=True)
        yield replace(deed, likelier=True)  # that such a key is there is said by its refusal, and by the checks on keys


def _beside_namesake(ground: Ground, rights: Rights | None) -> Iterator[Deed]:
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
    namesake = inserting(
        replace(ground, written=base, base=base, rights=rights), like, "", own=True, whole=True
    ).statement
    for column, value in _turned(ground, other) if ground.rights.updates else ():
        what = "updates all rows beside one that is called as another's"
        deed = updating(ground, [column], {column.name: value}, sql.SQL(""), what, own=False)
        yield replace(deed, first=namesake)
    if ground.rights.deletes:
        what = "deletes all rows beside one that is called as another's"
        yield replace(all_gone(ground, what), first=namesake)


def _beside_own(ground: Ground, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return another value for a part of a row's key, where a row of the tenant's own has that key: 1, 2 and 3, say."""
    rows = ground.world.ground.holdings[ground.base.oid].rows.get(ground.actor, ())
    if not any(all(each.get(name) == row.get(name) for name in ground.base.key) for each in rows):
        return {}
    free = [each for each in ground.base.columns if each.name in {*ground.base.key} - {ground.tenant, *ground.pointing}]
    made = {each.name: another(each, dict(row), next(ground.turns)) for each in free[:1]}
    return {name: value for name, value in made.items() if value is not None}


def _turned(ground: Ground, other: Row) -> Iterator[tuple[Column, Any]]:
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
    """Return writes to what is no tenant's, where what they set off may find others' rows."""
    found = likenesses(world, relation, actor) if rights.inserts else ()
    if not found:
        return
    if relation.kind not in TABLES:
        yield from _through_rules(Ground(world, relation, relation, rights, actor, {}, (), made, relation.oid), found)
        return
    row = any_row(world, relation)
    if row is not None:
        yield from _likened(Ground(world, relation, relation, rights, actor, row, (), made, relation.oid))


def _through_rules(ground: Ground, found: Sequence[Mapping[str, Any]]) -> Iterator[Deed]:
    """Insert into a view that has no rows: one value finds another's row, and the others are what it then gets."""
    for values in found[:_LIKE]:
        for name, value in values.items():
            others = {each.name: another(each, values, 1) for each in ground.base.columns if each.name in values}
            what = "inserts a row with a value of another's in another table"
            yield inserting(ground, {**others, name: value}, what, own=True)


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


def _inserts(ground: Ground) -> Iterator[Deed]:
    if not ground.rights.inserts:
        return
    for _, other in ground.others[:_LIKE] if ground.own else ():
        like = {**other, **{name: ground.own.get(name) for name in ground.pointing}}
        if ground.tenant is not None:
            like[ground.tenant] = ground.own.get(ground.tenant)
        yield inserting(ground, like, "inserts a row of its own with another's values", own=True)
        if (beside := with_new_keys(ground, like)) != like:  # a trigger may spare the row that has the same key
            yield inserting(ground, beside, "inserts a row of its own with another's values, but for its key", own=True)
        if left_out := filled(ground.world, ground.base):
            what = "inserts a row of its own with another's values, but for what a trigger fills in"
            yield inserting(ground, like | left_out, what, own=True)
    for key in ground.keys if ground.own else ():
        pointing = to_others_row(ground, key)
        if pointing:
            yield inserting(
                ground, with_new_keys(ground, {**ground.own, **pointing}), "refers to another's row", own=True
            )
    for _, other in ground.others[:_LIKE]:
        yield inserting(ground, with_new_keys(ground, other), "inserts a row for another", own=False)
    yield from _upserts(ground)
    if ground.own:
        yield from _likened(ground)


def _likened(ground: Ground) -> Iterator[Deed]:
    """Insert rows of its own by which a trigger or a rule may find others' rows in another table."""
    for place, values in enumerate(likenesses(ground.world, ground.base, ground.actor)):
        row = {**with_new_keys(ground, ground.own), **values}
        what = "inserts a row of its own with values of another's in another table"
        yield replace(inserting(ground, row, what, own=True), likelier=place > 0)


def _upserts(ground: Ground) -> Iterator[Deed]:
    other, plain = ground.others[0][1], ground.plain()
    if ground.written is ground.base and ground.base.key and plain and ground.rights.updates:
        statement = inserting(ground, other, "", own=False, whole=True).statement + sql.SQL(
            " on conflict ({}) do update set {} = excluded.{}"
        ).format(
            sql.SQL(", ").join(sql.Identifier(name) for name in ground.base.key),
            sql.Identifier(plain[0].name),
            sql.Identifier(plain[0].name),
        )
        yield Deed(ground.written, Action.UPDATE, "inserts over another's row", statement, own=False, oid=ground.oid)


def _updates(ground: Ground) -> Iterator[Deed]:
    if not ground.rights.updates:
        return
    plain, other = ground.plain(), ground.others[0][1]
    mine = where_it_is(ground, ground.own)
    if mine is not None and plain:
        yield updating(ground, plain, other, mine, "gives its own row another's values", own=True)
        # The likeliest last: what a delete then sets off sees the row as it is left.
        found = likenesses(ground.world, ground.base, ground.actor)
        ways = [(columns, values) for values in found if (columns := [each for each in plain if each.name in values])]
        for place, (columns, values) in reversed(list(enumerate(ways))):
            what = "gives its own row values of another's in another table"
            yield replace(updating(ground, columns, values, mine, what, own=True), likelier=place > 0)
    yield from _alike_but_for_one(ground, plain)
    for key in ground.keys if mine is not None else ():
        pointing = to_others_row(ground, key)
        allowed = ground.rights.update_columns
        if pointing and mine is not None and (allowed is None or set(pointing) <= set(allowed)):
            columns = [each for each in ground.written.columns if each.name in pointing]
            yield updating(ground, columns, pointing, mine, "lets its row refer to another's", own=True)
    everything = sql.SQL("")
    loose = [each for each in plain if not each.unique]
    if loose:
        yield updating(ground, loose[:1], other, everything, "updates all rows", own=False)
    yield from _passed_on(ground)
    yield from _merges(ground, loose)


def _alike_but_for_one(ground: Ground, plain: list[Column]) -> Iterator[Deed]:
    """Give its own row all values of another's but one: a trigger that finds rows by the rest passes that on.

    The last of others' rows, since the first was imitated whole already, which leaves it as it is.
    """
    mine, other = where_it_is(ground, ground.own), ground.others[-1][1]
    if mine is None or not fired(ground.world, ground.base.oid):
        return
    for column, value in _turned(ground, other):
        if column in plain:
            what = "gives its own row another's values, but for one"
            yield replace(updating(ground, plain, {**other, column.name: value}, mine, what, own=True), likelier=True)


def _renamed(ground: Ground) -> Iterator[Deed]:
    """Give rows of its own another key: what refers to them, whoever has it, may go with them."""
    foreign_keys = ground.world.found.catalog.foreign_keys
    referred = {name for key in foreign_keys if key.parent == ground.base.oid for name in key.parent_columns}
    parts = [each for each in ground.written.columns if each.name in referred - {*ground.pointing, ground.tenant}]
    may = may_set(ground.rights, tuple(each.name for each in parts))
    for row in ground.world.ground.holdings[ground.base.oid].rows.get(ground.actor, ()) if parts and may else ():
        changed = {each.name: another(each, row, next(ground.turns)) for each in parts}
        mine = where_it_is(ground, row)
        if mine is not None and None not in changed.values():
            yield updating(ground, parts, changed, mine, "gives its own row another key", own=True)


def _passed_on(ground: Ground) -> Iterator[Deed]:
    """Give all rows away, or take all over, without WHERE: then no policy for reading is asked about the new rows."""
    everything, other = sql.SQL(""), ground.others[0][1]
    for names in owning(ground.world, ground.base):
        columns = [each for each in ground.written.columns if each.name in names]
        if len(columns) == len(names) and may_set(ground.rights, names):
            yield updating(ground, columns, other, everything, "gives all rows away", own=False)
            if ground.own:
                yield updating(ground, columns, ground.own, everything, "takes all rows over", own=False)


def _merges(ground: Ground, loose: list[Column]) -> Iterator[Deed]:
    theirs = condition_of(ground, ground.others[0][1])
    if ground.written is ground.base and theirs is not None and loose:
        name = sql.Identifier(loose[0].name)
        statement = sql.SQL(
            "merge into {} as r using (select 1) as s on {} when matched then update set {} = r.{}"
        ).format(ground.written.identifier, theirs, name, name)
        yield Deed(ground.written, Action.UPDATE, "merges into another's row", statement, own=False, oid=ground.oid)


def _deletes(ground: Ground) -> Iterator[Deed]:
    if not ground.rights.deletes:
        return
    mine, everything = where_it_is(ground, ground.own), all_gone(ground, "deletes all rows")
    if mine is not None:
        what = "deletes its own row"
        yield Deed(ground.written, Action.DELETE, what, everything.statement + mine, own=True, oid=ground.oid)
    yield everything
    for values in likenesses(ground.world, ground.base, ground.actor) if ground.own and ground.rights.inserts else ():
        made = inserting(ground, {**with_new_keys(ground, ground.own), **values}, "", own=True)
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
