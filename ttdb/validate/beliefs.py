"""The contexts that a function is called in: the tenant's own, nobody's, and those with a setting that it believes."""

import re
from collections.abc import Iterator
from itertools import chain, zip_longest

from psycopg import sql

from ttdb.validate.discover.settings import through_functions
from ttdb.validate.entering import sets
from ttdb.validate.judging import HEARD, Probe
from ttdb.validate.reaches import with_called
from ttdb.validate.widening import values, whom_it_may_name
from ttdb.validate.world import World

_VALUES, _NAMED = 20, 8  # of one setting, and of the tenant's own
_USUAL = ("true", "on", "1")
_LARGE = 100_000  # rows of a table that is searched for a tenant
_SAID = re.compile(r"'([^']*)'|(?<![\w'-])(-?\d+)(?![\w'])")  # a text or a number of a function's own


def contexts(probe: Probe) -> Iterator[dict[str, str]]:
    """Return the settings of each context; none for a session in which nothing was ever set."""
    yield probe.settings
    yield probe.world.context(None) | HEARD
    tenants = probe.world.found.tenant_settings
    names = [each for each in (*tenants, *probe.world.found.other_settings) if _believes(probe, each)]
    if set(names) & set(tenants) and not sets(probe.world, probe.function.body):  # else it would be fresh no more
        yield {}
    claims = ([(setting, value) for value in _claims(probe, setting)] for setting in names)
    for claim in chain.from_iterable(zip_longest(*claims)):  # of each setting the likeliest first
        if claim is not None:
            yield probe.world.contexts.widened(probe.settings, *claim)


def _believes(probe: Probe, setting: str) -> bool:
    """Tell whether the function reads a setting, by itself or through others."""
    world = probe.world
    read = world.once(("settings of functions",), lambda: through_functions(world.found.catalog))
    return setting in probe.function.body or setting in read.get(probe.function.oid, ())


def _claims(probe: Probe, setting: str) -> list[str]:
    """Return what to set, first what the function's text has; in a tenant's place no more than that."""
    world = probe.world
    text = with_called(world.found.catalog, [probe.function.body])
    said = {part for found in _SAID.findall(text) for part in found if part}
    if setting not in world.found.tenant_settings or world.contexts.tenant_keys(setting):
        return sorted(values(world, setting), key=lambda each: (each not in said, each not in _USUAL))[:_VALUES]
    named = dict.fromkeys((*whom_it_may_name(world, setting), *values(world, setting)))
    return [each for each in named if each in said and not _is_tenant(world, each)][:_NAMED]


def _is_tenant(world: World, value: str) -> bool:
    """Tell whether somebody is called so: whom a session may say it is."""
    return world.once(("tenant", value), lambda: bool(_rows_of(world, value)))


def _rows_of(world: World, value: str) -> int:
    columns = world.found.tenant_columns.items()
    relations = [(world.relation(oid), column) for oid, column in columns if oid in world.ground.holdings]
    form = sql.SQL("(select 1 from {} as r where r.{}::text = {} limit 1)")
    asked = [
        form.format(relation.identifier, sql.Identifier(column), sql.Literal(value))
        for relation, column in relations
        if relation.root is None and relation.estimated_rows <= _LARGE
    ]
    return world.oversee(sql.SQL(" union all ").join(asked)).count if asked else 0
