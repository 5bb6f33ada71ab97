"""Which scenarios' rows stand in a database, so that what is appended goes on with them."""

from collections.abc import Iterator

from ttdb.errors import ScenarioInvalid, UsageError
from ttdb.postgres.connect import Connection, translated
from ttdb.seed import catalog as catalogs
from ttdb.seed import own
from ttdb.seed import scenario as scenarios
from ttdb.seed.draw import Source
from ttdb.seed.plan import fit
from ttdb.seed.session import acting_as, writer
from ttdb.seed.world import Span, World


def to_append_to(connection: Connection) -> str:
    """Return the scenario that stands, by its own seed, or the usual one where none does.

    Raises:
        UsageError: several stand, or rows of a seed of another number.

    """
    database = connection.info.dbname
    with translated(f'looking at what stands in database "{database}"'):
        found = dict(_standing(connection))
    own_seed = [name for name, first in found.items() if first]
    if len(own_seed) > 1:
        message = f'rows of several scenarios stand in database "{database}": {", ".join(own_seed)}'
        raise UsageError(message, f"Name the one to append to: ttdb seed {own_seed[0]} --append ...")
    if found and not own_seed:
        message = f'rows of seeds stand in database "{database}", and of no scenario by the number that is its own'
        raise UsageError(message, "Say what made them: ttdb seed SCENARIO --seed NUMBER --append ...")
    return own_seed[0] if own_seed else scenarios.USUAL


def _standing(connection: Connection) -> Iterator[tuple[str, bool]]:
    """Yield the scenarios whose table that refers to no other has rows of seeds, and whether their own first does."""
    for name in scenarios.names():
        found = scenarios.load(name)
        try:
            plans = fit(found, catalogs.read(connection, found.schema), connection.info.dbname)
        except ScenarioInvalid:
            continue
        world = World(plans, Source(name, found.seed), found.volumes, found.pools, found.anchor)
        root = next(each for each, plan in plans.items() if not plan.catalog.foreign_keys)
        with acting_as(connection, writer(connection, [plan.catalog for plan in plans.values()])):
            table = plans[root].catalog
            if own.count(connection, table):
                yield name, own.count_of(connection, table, own.ids_of(world, Span(root, 0, 1))) > 0
