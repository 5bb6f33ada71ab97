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


def to_append_to(connection: Connection, number: int | None = None) -> str:
    """Return the scenario that stands, or the usual one where no rows of seeds do.

    Args:
        connection: a session, best in autocommit.
        number: of the seed that made its rows, instead of each scenario's own.

    Raises:
        UsageError: several stand, or rows of a seed of another number.

    """
    database = connection.info.dbname
    with translated(f'looking at what stands in database "{database}"'):
        found = dict(_standing(connection, number))
    by_number = [name for name, first in found.items() if first]
    if len(by_number) > 1:
        message = f'rows of several scenarios stand in database "{database}": {", ".join(by_number)}'
        raise UsageError(message, f"Name the one to append to: ttdb seed {by_number[0]} --append ...")
    if found and not by_number:
        which = "the number that is its own" if number is None else f"number {number}"
        message = f'rows of seeds stand in database "{database}", and of no scenario by {which}'
        raise UsageError(message, "Say what made them: ttdb seed SCENARIO --seed NUMBER --append ...")
    return by_number[0] if by_number else scenarios.USUAL


def _standing(connection: Connection, number: int | None) -> Iterator[tuple[str, bool]]:
    """Yield the scenarios whose table that refers to no other has rows of seeds, and whether this seed's first does."""
    for name in scenarios.names():
        found = scenarios.load(name)
        try:
            plans = fit(found, catalogs.read(connection, found.schema), connection.info.dbname)
        except ScenarioInvalid:
            continue
        source = Source(name, found.seed if number is None else number)
        world = World(plans, source, found.volumes, found.pools, found.anchor)
        root = next(each for each, plan in plans.items() if not plan.catalog.foreign_keys)
        with acting_as(connection, writer(connection, [plan.catalog for plan in plans.values()])):
            table = plans[root].catalog
            if own.count(connection, table):
                yield name, own.count_of(connection, table, own.ids_of(world, Span(root, 0, 1))) > 0
