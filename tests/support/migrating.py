"""Bootstrapped databases for tests of migrations."""

from dataclasses import dataclass

from ttdb.config import Settings
from ttdb.migrate import bootstrap
from ttdb.migrate.session import migrating
from ttdb.model.migration import OnEvent, silent
from ttdb.postgres.url import Url

SETTINGS = Settings()


@dataclass(frozen=True, slots=True)
class Place:
    """An empty database, seen by an admin and by a login that is neither superuser nor CREATEROLE."""

    admin: Url
    migrator: Url


def apply_bootstrap(
    url: Url, migrator: str | None = None, schemas: tuple[str, ...] = ("public",), on_event: OnEvent = silent
) -> None:
    """Run the bootstrap as the URL's login."""
    with migrating(url, SETTINGS, silent, application="test") as session:
        session.become_login()
        bootstrap.apply(session.connection, schemas, session.courtesy, on_event, migrator)


def undo_bootstrap(url: Url) -> list[str]:
    """Undo the bootstrap, and return what the server said of roles that stay."""
    with migrating(url, SETTINGS, silent, application="test") as session:
        session.become_login()
        return bootstrap.undo(session.connection, session.courtesy, silent)
