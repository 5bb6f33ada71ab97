"""What is in a local server's database: made at its first start, brought to head at later ones."""

from collections.abc import Callable

from ttdb.config import Settings
from ttdb.migrate import partitions, script
from ttdb.migrate.upgrade import upgrade
from ttdb.model.migration import OnEvent
from ttdb.postgres.connect import connect
from ttdb.postgres.url import Url
from ttdb.seed import scenario as scenarios
from ttdb.seed import seed
from ttdb.seed.volumes import asked


def load() -> None:
    """Read the revisions, which every upgrade needs."""
    script.read_all()


def bring_to_head(url: Url, settings: Settings, on_event: OnEvent) -> None:
    """Upgrade a database, and make its months ahead."""
    upgrade(url, settings, on_event=on_event)
    partitions.ensure_ahead(url, settings, on_event)


def refuse(scenario: str | None, orders: int | None) -> None:
    """Refuse what cannot be seeded, before a server is made for it."""
    asked(scenarios.load(scenarios.USUAL if scenario is None else scenario), {"orders": orders})


def fill(url: Url, scenario: str | None, orders: int | None, say: Callable[[str], None]) -> dict[str, object]:
    """Seed a database, and return the seed's report."""
    scenario = scenarios.USUAL if scenario is None else scenario
    say(f'seeding scenario "{scenario}"')
    with connect(url, application="ttdb seed") as connection:
        return seed(connection, scenario, orders=orders).kept()
