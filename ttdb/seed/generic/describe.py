"""Decide where the columns that are neither key nor reference take their values from: by rules, types and a row."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ttdb.seed.generic import pools
from ttdb.seed.generic.beyond import spare
from ttdb.seed.generic.fields import TIMES, is_ruled, plain
from ttdb.seed.generic.layout import NO_PARTITION, Layout
from ttdb.seed.generic.plan import Plan
from ttdb.seed.generic.pools import Asking
from ttdb.shape import RowMaker, Schema
from ttdb.shape.model import Kind


def describe(maker: RowMaker, schema: Schema, plan: Plan, base: Mapping[str, Any], made: Layout) -> None:
    """Decide on all other columns, by the table's rules and types, and by a row that it took."""
    names, base = list(made.fields), _readable(maker, base, made)
    texts = maker.asker.texts(plan.table, [base], names)
    made.base = dict(zip(names, texts[0], strict=True)) if texts else {}
    asking = Asking(
        maker, base, schema, plan.table, made.fields, made.rules, optional=_optional(maker, plan, base, made)
    )
    keys = {*plan.given, *made.fresh, *made.counted}
    if made.placing is None:
        done = _anchor(made, asking, keys)
    else:
        rules = tuple(rule for rule in made.rules if rule.name != NO_PARTITION)
        asking, done = _placed(made, replace(asking, rules=rules), keys)
    left = [name for name in names if name not in {*keys, *made.placed, *done}]
    for tied in pools.components(asking.rules, left):
        _of_component(made, asking, tied)
    made.spare = list(spare(made, asking, left))


def _optional(maker: RowMaker, plan: Plan, base: Mapping[str, Any], made: Layout) -> dict[str, Any]:
    """Return columns that rules speak of and a parent may leave null, each with a value."""
    needed = {name for each in plan.references if each.needed for name in each.columns} | {plan.tenant}
    may = (each for each in plan.references if not each.needed and each.name not in plan.late)
    names = {name for each in may for name in each.columns} & plan.given & made.ruled - needed
    free = RowMaker(maker.asker, maker.schema, maker.table, maker.mark, {}, {})
    found = {name: base.get(name) for name in sorted(names)}
    for name in (name for name, value in found.items() if value is None):
        found[name] = next((value for value in free.choices(name) if value is not None), None)
    return {name: value for name, value in found.items() if value is not None}


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
    """Give columns that rules tie together a pool; one that stands alone, plain values where these will do."""
    if len(tied) > 1:
        made.pools.append(pools.pool(asking, tied))
        return
    (name,) = tied
    own = made.fields[name]
    column, ruled = own.column, is_ruled(own)
    varied = own.base.name == "boolean" or own.base.kind is Kind.ENUM or ruled
    if column.default and not column.default_varies and not varied:
        made.steady[name] = made.base.get(name)
    elif (make := plain(own)) and (not ruled or pools.usable(asking, name)):
        made.plain[name] = make
    elif not column.default_varies or not own.nullable or made.base.get(name) is not None:
        made.pools.append(pools.pool(asking, tied))
