"""The stage of a rehearsal: a throwaway server with a copy of the live database, and a plain login to migrate it."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from ttdb.config import Settings
from ttdb.postgres.connect import connect, scalar, server_version
from ttdb.postgres.copy import Filling, copy
from ttdb.postgres.original import Original, look_at
from ttdb.postgres.programs import programs
from ttdb.postgres.space import data_folder, megabytes, refuse_without_bytes
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.throwaway.base import SUPERUSER
from ttdb.postgres.url import Url
from ttdb.workflows.rehearse.model import Amount, Copy, Data
from ttdb.workflows.rehearse.sample import populate, sampling

Say = Callable[[str], None]
_MEGABYTE = 1024 * 1024
_MAJOR = 10000
_ROOM = 2.5  # times the original: the copy, what an upgrade writes anew, and the log of both
_COUNTED = """\
select coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::bigint
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A copy to rehearse on."""

    admin: Url  # the throwaway's superuser: who bootstraps
    migrator: Url  # neither superuser nor CREATEROLE: who upgrades
    login: str  # of the migrator
    strangers: tuple[str, ...]  # logins that are ours, not the application's
    copy: Copy


@contextmanager
def staged(settings: Settings, url: Url, data: Data, amount: Amount, say: Say) -> Iterator[Stage]:
    """Copy a database, which is only read, into a throwaway that is gone when the block ends.

    Raises:
        PrivilegeMissing: the login does not see all rows that the copy should have.
        DiskFull: there is no room for a full copy.
        UsageError: no throwaway or program is new enough.
        ThrowawayFailed: no server could be started.

    """
    original = look_at(url, with_rows=data is not Data.NONE)
    with throwaway(settings, on_talk=say) as server:
        start = time.monotonic()
        major = _with_room(server.url, original, data, say)
        binaries = programs(settings, server.provider, original, major)

        def copied(filling: Filling | None = None) -> Url:
            return copy(
                url,
                server.url,
                binaries,
                original=original,
                with_rows=data is Data.FULL,
                say=say,
                filling=filling,
            )

        if data is Data.FULL:
            place = copied()
        else:
            with sampling(url, amount if data is Data.SAMPLE else None, say) as sampler:
                place = copied(sampler.filling())
            populate(url, place)
        login, migrator = _migrator(place)
        strangers = (login,) if original.login_is_ours else (SUPERUSER, login)
        sample = str(amount) if data is Data.SAMPLE else None
        made = _described(place, server, data, sample, time.monotonic() - start)
        yield Stage(place, migrator, login, strangers, made)


def _with_room(server: Url, original: Original, data: Data, say: Say) -> int:
    """Return the throwaway's major version, once it is known that a full copy fits there."""
    with connect(server, application="ttdb rehearse") as admin:
        if data is Data.FULL:
            needed = int(original.megabytes * _MEGABYTE * _ROOM)
            folder = data_folder(admin)
            if folder is None:
                say(f"disk space: about {megabytes(needed)} are needed; what the throwaway has is not known")
            else:
                hint = "Pass --sample 1000, make room, or name another folder by TTDB_THROWAWAY_FOLDER."
                refuse_without_bytes(folder, needed, "the throwaway's folder", hint)
        return admin.info.server_version // _MAJOR


def _migrator(place: Url) -> tuple[str, Url]:
    """Make a login as the one that is to migrate: it may connect, and nothing else before the bootstrap."""
    login, password = f"ttdb_rehearsal_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    with connect(place, application="ttdb rehearse") as admin:
        name = sql.Identifier(login)
        admin.execute(sql.SQL("create role {} login password {}").format(name, sql.Literal(password)))
        database = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("grant connect on database {} to {}").format(database, name))
    return login, place.with_parts(user=login, password=password)


def _described(place: Url, server: Throwaway, data: Data, sample: str | None, seconds: float) -> Copy:
    with connect(place, application="ttdb rehearse") as admin:
        size = scalar(admin, "select pg_catalog.pg_database_size(pg_catalog.current_database())")
        return Copy(
            server=f"{server.provider}, {server.reason}",
            version=server_version(admin),
            data=data,
            sample=sample,
            rows=scalar(admin, _COUNTED),
            bytes=size,
            seconds=seconds,
        )
