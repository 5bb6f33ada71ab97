"""Decide where the columns that are neither key nor reference take their values from: by rules, types and a row."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ttdb.seed.generic import pools
from ttdb.seed.generic.arcs import arcs
from ttdb.seed.generic.beyond import spare
from ttdb.seed.generic.chains import followed
from ttdb.seed.generic.fields import (
    TEXTS,
    TIMES,
    Field,
    Make,
    halved,
    is_ruled,
    is_varied,
    mixed,
    numbered,
    plain,
    sparse,
)
from ttdb.seed.generic.layout import NO_PARTITION, Layout
from ttdb.seed.generic.parents import Line
from ttdb.seed.generic.plan import Plan
from ttdb.seed.generic.pools import Asking
from ttdb.seed.generic.product import products
from ttdb.seed.generic.settled import settled
from ttdb.seed.generic.words import is_known
from ttdb.shape import RowMaker, Schema
from ttdb.shape.equations import Equation, equations, moves
from ttdb.shape.model import Kind
from ttdb.shape.persuade import sources_about

_SHOWN = 9  # values of one column
_MOMENTS = "D"  # the category of their types
_FIRST = np.zeros(1, np.int64)


def describe(maker: RowMaker, schema: Schema, plan: Plan, base: Mapping[str, Any], made: Layout) -> None:
    """Decide on all other columns, by the table's rules and types, and by a row that it took."""
    names, base = list(made.fields), _readable(maker, base, made)
    texts = maker.asker.texts(plan.table, [base], names)
    made.base = dict(zip(names, texts[0], strict=True)) if texts else {}
    asking = Asking(
        maker, base, schema, plan.table, made.fields, made.rules, maker.more, _optional(maker, plan, base, made)
    )
    keys = {*plan.given, *made.fresh, *made.counted}
    made.arcs = tuple(arcs(asking, plan, [name for name in names if name not in {*keys, *made.placed}]))
    asking = replace(asking, arcs=made.arcs)
    if made.placing is None:
        done = _anchor(made, asking, keys)
    else:
        rules = tuple(rule for rule in made.rules if rule.name != NO_PARTITION)
        asking, done = _placed(made, replace(asking, rules=rules), keys)
    left = [name for name in names if name not in {*keys, *made.placed, *done}]
    made.products = tuple(products(asking, plan, left))
    rest = [name for name in left if not any(name in each.columns for each in made.products)]
    for tied in pools.components(asking.rules, rest):
        _of_component(made, asking, tied)
    made.tried = {name: _shown(asking, name) for name in left if sources_about(plan.table, made.fields[name].column)}
    _leave_out(made, asking)
    made.settled = tuple(settled(asking, made.pools, made.fresh))
    made.spare = list(spare(made, asking, left))
    made.solved = (*_solved(plan, made), *_followed(plan, made))
    made.followed = {name: each for name, each in followed(plan).items() if name in {own.column for own in made.solved}}


def _solved(plan: Plan, made: Layout) -> tuple[Equation, ...]:
    """Return the columns that rules compute, as far as keys and references decide on them."""
    given = {*plan.given, *made.fresh, *made.counted, *made.placed}
    given |= {name for each in made.products for name in each.columns}
    found = equations(plan.table, made.rules, made.described)
    able = [each for each in found if each.always and each.of_others]
    decided: set[str] = set()
    for each in able:  # what one of them is computed from comes first
        decided |= {each.column} if not (given | decided).isdisjoint(each.columns) else set()
    return (*(each for each in able if each.column in decided), *_moved(plan, made, given))


def _followed(plan: Plan, made: Layout) -> Iterator[Equation]:
    """Yield the columns that tell an earlier row of the table, where rules say which by what tells the row apart."""
    for each in equations(plan.table, made.rules, list(followed(plan))):
        if each.of_others and set(each.columns) <= {*made.fresh, *made.counted}:
            yield each


def _moved(plan: Plan, made: Layout, given: set[str]) -> Iterator[Equation]:
    """Yield the columns of which rules say that a part is what keys and references decide on."""
    for tied in (*pools.components(made.rules, made.described), *((name,) for name in made.fresh)):
        along = [name for name in tied if made.fields[name].base.category == _MOMENTS]
        found = moves(plan.table, made.rules, tied, along)
        yield from (each for each in found if each.always and not given.isdisjoint({*each.columns} - {*tied}))


def _shown(asking: Asking, name: str) -> tuple[str | None, ...]:
    """Return some values of a column that triggers speak of, as the server writes them."""
    changes = [{**asking.base, name: value} for value in asking.maker.choices(name)[:_SHOWN]]
    return tuple(text for (text,) in asking.maker.asker.texts(asking.table, changes, [name]))


def _optional(maker: RowMaker, plan: Plan, base: Mapping[str, Any], made: Layout) -> dict[str, Any]:
    """Return columns that rules speak of and a parent may leave null, each with a value."""
    needed = {name for each in plan.references if each.needed for name in each.columns} | {plan.tenant}
    may = (each for each in plan.references if not each.needed and each.name not in plan.late)
    names = {name for each in may for name in each.columns} & plan.given & made.ruled - needed
    names |= {name for name in made.fresh if name in made.ruled and _may_be_left_out(maker, made.fields[name])}
    free = RowMaker(maker.asker, maker.schema, maker.table, maker.mark, {}, {})
    found = {name: base.get(name) for name in sorted(names)}
    for name in (name for name, value in found.items() if value is None):
        found[name] = next((value for value in free.choices(name) if value is not None), None)
    return {name: value for name, value in found.items() if value is not None}


def _may_be_left_out(maker: RowMaker, own: Field) -> bool:
    """Say whether a column that tells rows apart may be null: no row of another table refers to it."""
    keys = (each for table in maker.schema.tables.values() for each in table.foreign_keys)
    return own.nullable and not any(
        each.parent == own.table.oid and own.column.name in each.parent_columns for each in keys
    )


def _leave_out(made: Layout, asking: Asking) -> None:
    """Let a column that tells rows apart be null in half of them, where rules then want others in other columns."""
    for name in sorted(made.fresh.keys() & asking.optional.keys()):
        told = [pool for pool in made.pools if name in pool.told]
        if told and all(any(not case[pool.told.index(name)] for case in pool.by_told) for pool in told):
            made.fresh[name] = halved(made.fields[name], made.fresh[name])


def _readable(maker: RowMaker, base: Mapping[str, Any], made: Layout) -> Mapping[str, Any]:
    """Put back what was given where JSON has a value otherwise than its type reads it, as of hstore."""
    given = {
        name: maker.draft[name]
        for name, value in base.items()
        if isinstance(value, dict | list) and name in maker.draft and name in made.fields
        if (kind := made.fields[name].base).kind is Kind.BASE and kind.name not in ("json", "jsonb")
    }
    return {**base, **given}


def _placed(made: Layout, asking: Asking, keys: set[str]) -> tuple[Asking, set[str]]:
    """Let columns follow from the partition, but where rules tie them to others, draw them together with these."""
    done, free = _anchor(made, asking, keys), made.placed - keys
    others = set(made.fields) - keys - made.placed - done
    if made.placing is None or not any(
        free & set(rule.columns) and others & set(rule.columns) for rule in asking.rules
    ):
        return asking, done
    more = {name: made.placing.choices(name) for name in free}
    made.pools.clear()
    made.placing = made.placing.without(free) if made.placed - free else None
    asking = replace(asking, rules=made.rules, more=more)
    return asking, _anchor(made, asking, keys)


def _anchor(made: Layout, asking: Asking, keys: set[str]) -> set[str]:
    """Tie to a moment that tells rows apart, or follows from the partition, what rules want before or after it."""
    told_apart = {*made.fresh, *made.counted, *made.placed}
    moments = [name for name in made.fields if name in told_apart and made.fields[name].base.name in TIMES]
    others = [name for name in made.fields if name not in keys and name not in made.placed]
    done: set[str] = set()
    for tied in pools.components(asking.rules, [*others, *moments]):
        anchors = [name for name in tied if name in moments]
        if len(anchors) != 1 or len(tied) == 1:
            continue
        found = pools.anchored(asking, tied, anchors[0])
        if found is not None:
            made.pools.append(found)
            done |= set(tied)
    return done


def _of_component(made: Layout, asking: Asking, tied: tuple[str, ...]) -> None:
    """Give columns plain values where these will do, with nulls and defaults among them; else a pool."""
    whole = {name: make for name in tied if (make := _plain(made, asking.fields[name])) is not None}
    makes = {name: sparse(asking.fields[name], make) for name, make in whole.items()}
    ruled = any(is_ruled(asking.fields[name]) for name in tied)
    if len(makes) == len(tied) and (not ruled or all(pools.usable(asking, each) for each in (whole, makes))):
        made.plain |= makes
        first: Iterable[str | None] = (make(_FIRST)[0] for make in whole.values())
    elif len(tied) > 1:
        made.pools.append(pools.pool(asking, tied))
        first = made.pools[-1].lines[0]
    else:
        first = _of_one(made, asking, asking.fields[tied[0]])
    if any(map(asking.varies, tied)):
        made.base |= zip(tied, first, strict=True)


def _of_one(made: Layout, asking: Asking, own: Field) -> Line:
    """Give a column that stands alone its default or a pool; leave to the server what only it can make.

    Returns the first value.
    """
    name, column = own.column.name, own.column
    if column.default and not column.default_varies and not is_ruled(own) and not is_varied(own):
        made.steady[name] = made.base.get(name)
    elif not column.default_varies or not own.nullable or made.base.get(name) is not None:
        made.pools.append(pools.pool(asking, (name,)))
        return made.pools[-1].lines[0]
    return (made.base.get(name),)


def _makes_a_key(own: Field) -> bool:
    """Say whether a trigger may make of a column what tells rows apart: its function speaks of both."""
    keys = {name for key in own.table.keys if not key.primary for name in key.columns} - {own.column.name}
    about = sources_about(own.table, own.column)
    return bool(about) and any(
        re.search(rf"\bnew\.\"?{re.escape(name)}\"?\s*:?=(?!=)", source, re.IGNORECASE)
        for name in keys
        for source in own.table.triggers
        if re.search(rf"\bnew\.\"?{re.escape(own.column.name)}\b", source, re.IGNORECASE)
    )


def _plain(made: Layout, own: Field) -> Make | None:
    """Return values that a person believes, mixed with the default where there is one."""
    make, column = plain(own), own.column
    if make is not None and own.base.name in TEXTS and _makes_a_key(own):
        return numbered(own, make)
    if make is None or not column.default or column.default_varies or is_varied(own):
        return make
    default = made.base.get(column.name)
    if own.base.name in TEXTS and default and not is_known(own.called):
        return None  # nobody knows what else might stand there
    return mixed(own, make, default)
