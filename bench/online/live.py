"""The live platform as it stands, with as many rows as a measurement wants."""

from dataclasses import dataclass
from pathlib import Path

from fixtures import catalogue
from fixtures.legacy import build_legacy
from fixtures.legacy_rows import TENANTS

from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection

_ROWS = Path(__file__).with_name("rows.sql")
# Whose these are, only their owners know: strays would stop an upgrade, by name.
_STRAYS = (
    "update public.users set tenant_id = %s where tenant_id is null",
    "update public.venues set tenant_id = %s where tenant_id is null",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How many rows stand in the tables that services write most."""

    orders: int
    payments: int
    audit: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who may buy what, at which venue: all of one tenant."""

    tenant: str
    user: str
    event: str
    venue: str
    ticket_type: str


@dataclass(frozen=True, slots=True)
class World:
    """What the services know of the rows that stand."""

    buyers: tuple[Buyer, ...]
    orders: tuple[str, ...]


def build(connection: Connection, scale: Scale) -> None:
    """Make an empty database the live platform's; the login is a superuser."""
    build_legacy(connection, catalogue.load(catalogue.path()))
    mend(connection)
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("set local timezone = 'UTC'")
        for name in ("orders", "payments", "audit"):
            query = "select pg_catalog.set_config(%s, %s, true)"
            connection.execute(query, (f"bench.{name}", str(getattr(scale, name))))
        connection.execute(trusted(_ROWS.read_text(encoding="utf-8")))
    connection.execute("vacuum analyze")


def mend(connection: Connection) -> None:
    """Give the rows of nobody to somebody."""
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")  # a broken trigger refuses any change
        for statement in _STRAYS:
            connection.execute(trusted(statement), (TENANTS[0],))


def world(connection: Connection, *, orders: int = 5_000, buyers: int = 2_000) -> World:
    """Return some of the rows, for services to work with."""
    found = connection.execute(
        "select u.tenant_id::text, u.id::text, e.id::text, e.venue_id::text, t.id::text from public.users as u"
        " inner join lateral (select * from public.events as e where e.tenant_id = u.tenant_id and e.venue_id in"
        " (select v.id from public.venues as v where v.tenant_id = u.tenant_id)"
        " order by pg_catalog.md5(e.id::text || u.id::text) limit 1) as e on true"
        " inner join public.ticket_types as t on t.event_id = e.id"
        " where u.tenant_id = any(%s::uuid[]) order by u.id limit %s",
        (list(TENANTS), buyers),
    ).fetchall()
    standing = connection.execute("select id::text from public.orders order by id limit %s", (orders,)).fetchall()
    return World(tuple(Buyer(*row) for row in found), tuple(row[0] for row in standing))
