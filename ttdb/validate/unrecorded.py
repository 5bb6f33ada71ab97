"""Tables whose changes a trail should hold, by its name, its siblings or what is in it, and that have no trigger."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import partial

from psycopg import sql

from ttdb.model.validation import Severity
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import PASSING, Trail
from ttdb.validate.world import World

_JSON, _TELLING = ("json", "jsonb"), 3  # columns that make a table known by them
_FLEETING = re.compile(rf"{PASSING.pattern}|session|cart|rate|limit|idempoten|token|nonce|lock", re.IGNORECASE)
_ALL_OF = 8  # tables: of so many, one that alone is not recorded was forgotten
_IMAGES = sql.SQL(
    'select distinct (select array_agg(k.name order by k.name collate "C") from jsonb_object_keys(v.v) as k (name))'
    " as names from (select t.{0}::jsonb as line from {1} as t limit 1000) as t,"
    " lateral pg_catalog.jsonb_path_query(t.line, 'strict $.**') as v (v) where jsonb_typeof(v.v) = 'object'"
    " and v.v <> '{{}}'"
)
_NO_TRIGGER = sql.SQL(
    "select 'no trigger' where not exists (select from pg_catalog.pg_trigger as t"
    " where t.tgrelid = {}::regclass and not t.tgisinternal)"
)
_RUNS_NONE = sql.SQL(
    "select 'no trigger' where not exists (select from pg_catalog.pg_trigger as t"
    " where t.tgrelid = {}::regclass and t.tgfoid = any({}::regprocedure[]))"
)


def kin(world: World, trail: Trail) -> list[Trail]:
    """Return the other trails that the same functions write, as a history beside each table."""
    written = world.once(("trails by function",), partial(_by_function, world))
    found = {each.relation.oid: each for writer in trail.writers for each in written[writer.function]}
    return [each for oid, each in found.items() if oid != trail.relation.oid]


def _by_function(world: World) -> Mapping[int, list[Trail]]:
    written = defaultdict[int, list[Trail]](list)
    for trail in world.found.trails:
        for writer in trail.writers:
            written[writer.function].append(trail)
    return written


def left_out(world: World, trail: Trail) -> Iterator[tuple[Relation, str, sql.Composed, Severity | None]]:
    """Return such tables, why the trail should record them, a select that shows it, and how much less it is known."""
    one_tables = len(trail.triggers) == 1 and bool(kin(world, trail))  # as every other table has its own
    audited = {world.found.catalog.relations[oid].root or oid for oid in trail.triggers}
    for relation in world.found.tenant_tables:
        if relation.oid in trail.triggers or relation.oid == trail.relation.oid:
            continue
        if relation.root in audited and relation.kind == "r" and relation.root not in trail.triggers:
            yield relation, "its sibling partitions are recorded", _NO_TRIGGER.format(_literal(relation)), None
        elif relation.root is None and not one_tables and _may_write(world, relation):
            known = _known(world, trail, relation) or _shaped(world, trail, relation)
            if known is not None:
                yield relation, "the trail holds changes of it", known, None
            elif _alone(world, trail, audited, relation):
                told = f"all but it of the {len(audited) + 1} tables that the application changes are recorded there"
                yield relation, told, _NO_TRIGGER.format(_literal(relation)), Severity.WARNING
            elif relation.oid in trail.waiting:
                would = f"{', '.join(trail.idle)} would write them there"
                yield relation, would, _RUNS_NONE.format(_literal(relation), sql.Literal(list(trail.idle))), None


def _literal(relation: Relation) -> sql.Literal:
    return sql.Literal(relation.identifier.as_string(None))


def _may_write(world: World, relation: Relation) -> bool:
    return any(
        (rights := world.rights.get((role, relation.oid))) and (rights.inserts or rights.updates or rights.deletes)
        for role in world.app_attackers
    )


def _alone(world: World, trail: Trail, audited: Collection[int], relation: Relation) -> bool:
    """Tell whether it is the only lasting table that is not recorded: where two are, somebody chose which to record."""
    changed = [
        each.oid
        for each in world.found.tenant_tables
        if each.root is None and each.oid != trail.relation.oid and _may_write(world, each)
        if not _FLEETING.search(each.name)
    ]
    left = [oid for oid in changed if oid not in audited]
    return left == [relation.oid] and len(changed) > _ALL_OF


def _shaped(world: World, trail: Trail, relation: Relation) -> sql.Composed | None:
    """Return a select of the trail's images of rows that have just the table's columns, as no other table's have."""
    names = frozenset(each.name for each in relation.columns)
    alike = [each for each in world.found.tenant_tables if frozenset(column.name for column in each.columns) == names]
    documents = [each.name for each in trail.relation.columns if each.type in _JSON]
    if len(names) < _TELLING or any(each.root is None and each.oid != relation.oid for each in alike):
        return None
    for name in documents:
        held = world.once(("images", trail.relation.oid, name), partial(_images, world, trail, name))
        if names in held:
            return sql.SQL("select 'a change of it' from ({}) as i where i.names = {}::text[] limit 1").format(
                _IMAGES.format(sql.Identifier(name), trail.relation.identifier), sql.Literal(sorted(names))
            )
    return None


def _images(world: World, trail: Trail, name: str) -> frozenset[frozenset[str]]:
    """Return the sets of keys of the objects that a column of the trail holds."""
    found = world.oversee(_IMAGES.format(sql.Identifier(name), trail.relation.identifier)).rows
    return frozenset(frozenset(row[0]) for row in found)


def _known(world: World, trail: Trail, relation: Relation) -> sql.Composed | None:
    """Return a select of the trail's rows that name the table; None where there are none."""
    texts = [each.name for each in trail.relation.columns if each.category == "S" or each.type in ("name", "regclass")]
    documents = [each.name for each in trail.relation.columns if each.type in _JSON]
    if not (texts or documents):
        return None
    names = sql.Literal([str(relation), relation.name])
    conditions = (
        [
            sql.SQL("array[{}] && {}::text[]").format(
                sql.SQL(", ").join(sql.SQL("t.{}::text").format(sql.Identifier(name)) for name in texts), names
            )
        ]
        if texts
        else []
    )
    conditions += [
        sql.SQL(
            "exists (select from jsonb_each_text(case jsonb_typeof(t.{0}::jsonb) when 'object' then t.{0}::jsonb end)"
            " as e where e.value = any({1}))"
        ).format(sql.Identifier(name), names)
        for name in documents
    ]
    select = sql.SQL("select 'a change of it' from {} as t where {} limit 1").format(
        trail.relation.identifier, sql.SQL(" or ").join(conditions)
    )
    return select if world.oversee(select).rows else None
