"""What every provider of throwaway servers takes, gives back, and says when it cannot."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ttdb.config import Settings
from ttdb.errors import TtdbError
from ttdb.postgres.url import Url

Talk = Callable[[str], None]

SUPERUSER = "postgres"
# Speed over durability: the data is thrown away. docker-compose.test.yml lists the same.
SERVER_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "password_encryption": "scram-sha-256",
}


@dataclass(frozen=True, slots=True)
class Throwaway:
    """A running server of our own; its login is a superuser."""

    provider: str  # docker | embedded | local
    reason: str  # why this provider was taken, for the person who watches
    url: Url
    place: str = ""  # the server's folder, or its container's name


@dataclass(frozen=True, slots=True)
class Running:
    """What a provider started."""

    what: str  # for the person who watches: PostgreSQL 17.10, or the image
    url: Url
    place: str


class Unavailable(TtdbError):
    """Raised by one provider that cannot start a server; the hint says how to make it able to."""


class Provider(Protocol):
    """Starts a server, and removes it when the block ends."""

    def __call__(
        self, settings: Settings, on_talk: Talk, server_settings: Mapping[str, str]
    ) -> AbstractContextManager[Running]:
        """Start a server.

        Raises:
            Unavailable: this provider cannot, on this machine.

        """


def loopback_url(host: str, port: int, password: str) -> Url:
    """Return a superuser's URL that no PG* variable of the environment can turn elsewhere."""
    fixed = {"hostaddr": host} if host == "127.0.0.1" else {}
    return Url("").with_parts(
        host=host,
        port=port,
        user=SUPERUSER,
        password=password,
        dbname="postgres",
        sslmode="disable",
        gssencmode="disable",
        **fixed,
    )
