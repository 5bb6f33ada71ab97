"""Make a cluster from binaries and start its server, in a keeper's hands."""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ttdb.postgres.throwaway import kept, users
from ttdb.postgres.throwaway.base import SERVER_SETTINGS, SUPERUSER, Running, loopback_url
from ttdb.postgres.throwaway.binaries import Binaries

_KEEPER = Path(__file__).with_name("keeper.py")
_START_TIMEOUT_S = 180


@contextmanager
def cluster(
    binaries: Binaries, folder: str | None = None, server_settings: Mapping[str, str] = SERVER_SETTINGS
) -> Iterator[Running]:
    """Start a server of these binaries on a free loopback port, with a random password for its superuser.

    Args:
        binaries: what to run.
        folder: where to make the server's own folder; default the temporary folder.
        server_settings: parameters of postgresql.conf.

    Raises:
        Unavailable: it did not start.

    """
    password = secrets.token_urlsafe(24)
    user = users.service_user()
    request = {
        "bin": str(binaries.folder),
        "user": user.as_request() if user else None,
        "superuser": SUPERUSER,
        "password": password,
        "settings": dict(server_settings),
        "environment": binaries.environment,
        "temporary": str(kept.temporary(folder)),
    }
    program = [sys.executable, "-I", "-S", str(_KEEPER)]
    with kept.keeper(program, request, os.environ) as keeper:
        answer = keeper.answer(_START_TIMEOUT_S)
        url = loopback_url("127.0.0.1", int(answer["port"]), password)
        yield Running(f"PostgreSQL {binaries.version}", url, str(answer["place"]))
