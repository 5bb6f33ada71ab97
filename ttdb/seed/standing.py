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
        UsageError: several stand.

    """
    with translated(f'looking at what stands in database "{connection.info.dbname}"'):
        found = list(_standing(connection))
    if len(found) > 1:
        message = f'rows of several scenarios stand in database "{connection.info.dbname}": {", ".join(found)}'
        raise UsageError(message, f"Name the one to append to: ttdb seed {found[0]} --append ...")
    return found[0] if found else scenarios.USUAL


def _standing(connection: Connection) -> Iterator[str]:
    """Yield the scenarios of which the first row stands that refers to no other table."""
    for name in scenarios.names():
        found = scenarios.load(name)
        try:
            plans = fit(found, catalogs.read(connection, found.schema), connection.info.dbname)
        except ScenarioInvalid:
            continue
        world = World(plans, Source(name, found.seed), found.volumes, found.pools, found.anchor)
        root = next(each for each, plan in plans.items() if not plan.catalog.foreign_keys)
        with acting_as(connection, writer(connection, [plan.catalog for plan in plans.values()])):
            if own.count_of(connection, plans[root].catalog, own.ids_of(world, Span(root, 0, 1))):
                yield name
