"""Down to each revision and up again with rows present: what the older shape holds stays, the rest is said before."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import pytest
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_database, fresh_login
from support.migrating import SETTINGS, apply_bootstrap

from ttdb.errors import UsageError
from ttdb.migrate import partitions, script
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import silent
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.seed import digest, seed

if TYPE_CHECKING:
    from ttdb.model.migration import Event

SCRIPTS = script.directory()
REVISIONS = [item.revision for item in SCRIPTS.walk_revisions()]
# The newest of a branch that others depend on is where nothing of its branch is left to undo: it is refused.
DEPENDED_ON = {
    name
    for item in SCRIPTS.walk_revisions()
    for name in ([item.dependencies] if isinstance(item.dependencies, str) else item.dependencies or ())
}
NEWEST = [name for name in REVISIONS if name in DEPENDED_ON and not SCRIPTS.get_revision(name).nextrev]
TARGETS = [name for name in REVISIONS if name not in NEWEST]
_TABLES = """
select pg_catalog.format('%s.%s', n.nspname, c.relname), n.nspname, c.relname,
    array(
        select a.attname::text from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    )
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'audit')
    and c.relname <> 'alembic_version'
"""
# Kept by triggers from the rows of other tables, and computed again on the way up.
DERIVED = {
    "public.ticket_sales": ("public.ticket_types", "public.tickets"),
    "public.payment_transactions_idempotency_key_keys": ("public.payment_transactions",),
    "public.payment_transactions_payment_intent_id_keys": ("public.payment_transactions",),
}
_MONTH = re.compile(r"_2\d{3}_(0[1-9]|1[0-2])")
Rows = dict[str, tuple[set[str], list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Filled:
    """A database at head with rows, to clone, and the login that migrates."""

    template: Url
    login: str
    password: str
    rows: Rows


@pytest.fixture(scope="module")
def filled(role_server: Throwaway) -> Iterator[Filled]:
    with fresh_login(role_server.url) as (login, password), fresh_database(role_server.url) as url:
        apply_bootstrap(url, login)
        upgrade(url.with_parts(user=login, password=password), SETTINGS)
        with connect(url) as admin:
            seed(admin)
        yield Filled(url, login, password, rows_of(url))


@pytest.fixture(scope="module")
def fresh() -> dict[tuple[str, ...], list[str]]:
    """Return the catalogs of databases that were only ever upgraded, by their heads, as far as asked for."""
    return {}


@contextmanager
def clone(server: Throwaway, filled: Filled) -> Iterator[tuple[Url, Url]]:
    """Return a database of the test's own with the rows, as an admin and as the migrating login."""
    with fresh_database(server.url, template=str(filled.template.part("dbname"))) as url:
        apply_bootstrap(url, filled.login)  # a clone has its template's objects, and not its privileges as a database
        yield url, url.with_parts(user=filled.login, password=filled.password)


def rows_of(url: Url) -> Rows:
    """Return the columns and rows of every table of the platform and of the trail, as a superuser sees them."""
    with connect(url) as admin:
        return {
            name: (
                set(columns),
                [
                    row
                    for (row,) in admin.execute(
                        sql.SQL("select to_jsonb(r) from {} as r").format(sql.Identifier(schema, table))
                    )
                ],
            )
            for name, schema, table, columns in admin.execute(_TABLES).fetchall()
        }


def heads(url: Url) -> tuple[str, ...]:
    with connect(url) as admin:
        return tuple(row[0] for row in admin.execute("select version_num from public.alembic_version order by 1"))


def lines(rows: list[dict[str, Any]], columns: set[str]) -> list[str]:
    return sorted(json.dumps({name: row[name] for name in columns}, sort_keys=True) for row in rows)


def changed(before: Rows, after: Rows) -> list[str]:
    """Return the tables of which rows were lost or changed, though they stand before and after."""
    return [
        name
        for name, (columns, rows) in before.items()
        if name in after and lines(rows, columns & after[name][0]) != lines(after[name][1], columns & after[name][0])
    ]


def unsaid(before: Rows, after: Rows, losses: list[str]) -> list[str]:
    """Return what is gone and was not announced: tables with their number of rows, and columns that held something.

    Derived rows are not lost while those are there that they derive from.
    """
    tables = [
        f"{len(rows)} rows of {name}"
        for name, (_, rows) in before.items()
        if name not in after and rows and name not in DERIVED
    ]
    columns = [
        f"{name}.{column}"
        for name, (known, rows) in before.items()
        if name in after
        for column in known - after[name][0]
        if any(row[column] is not None for row in rows)
    ]
    return [table for table in tables if table not in losses] + [
        column for column in columns if not any(column in loss for loss in losses)
    ]


def derived_anew(before: Rows, after: Rows) -> list[str]:
    """Return the derived tables whose rows are others than they were, though what they derive from is the same."""
    moved = set(changed(before, after))
    return [name for name, sources in DERIVED.items() if name in moved and not moved & set(sources)]


def months_of(url: Url) -> set[tuple[str, date]]:
    """Return the months that stand attached, with their table."""
    return {
        (item.table, item.month)
        for item in partitions.listed(url, silent)
        if item.state == "attached" and item.month is not None
    }


def make_months(url: Url, wanted: set[tuple[str, date]]) -> None:
    with connect(url) as admin:
        admin.execute("set role ttdb_operator")
        for name, day in sorted(wanted - months_of(url)):
            admin.execute("select ttdb.ensure_partition(%s::regclass, %s)", (name, day))


def without_months(lines: list[str]) -> list[str]:
    """Leave out what is said of months: a revision makes none, seeding does."""
    return [line for line in lines if not _MONTH.search(line)]


def fresh_catalog(server: Throwaway, filled: Filled, reached: tuple[str, ...]) -> list[str]:
    with fresh_database(server.url) as url:
        apply_bootstrap(url, filled.login)
        migrator = url.with_parts(user=filled.login, password=filled.password)
        for head in reached:
            upgrade(migrator, SETTINGS, head)
        assert heads(url) == reached
        return catalog(url)


@pytest.mark.parametrize("target", [*TARGETS, "platform@base", "engine@base", "base"])
def test_down_and_up_with_rows_keeps_what_the_older_shape_holds_and_says_the_rest_before(
    role_server: Throwaway, filled: Filled, fresh: dict[tuple[str, ...], list[str]], target: str
) -> None:
    events: list[Event] = []
    with clone(role_server, filled) as (url, migrator):
        at_head, months = catalog(url), months_of(url)
        downgrade(migrator, SETTINGS, target, events.append)
        reached, older = heads(url), rows_of(url)
        announced = [event.kind for event in events].index("downgrade") if reached != heads(filled.template) else 0
        losses = [
            loss for event in events if event.kind == "downgrade" for loss in cast("list[str]", event.facts["loses"])
        ]

        assert not any(event.kind == "step" for event in events[:announced])
        assert changed(filled.rows, older) == []
        assert unsaid(filled.rows, older, losses) == []
        if reached:
            if reached not in fresh:
                fresh[reached] = fresh_catalog(role_server, filled, reached)
            assert without_months(catalog(url)) == without_months(fresh[reached])

        upgrade(migrator, SETTINGS)
        make_months(url, months)

        again = rows_of(url)
        assert catalog(url) == at_head
        assert changed(older, again) == []
        assert derived_anew(filled.rows, again) == []


def test_newest_of_a_branch_that_others_depend_on_is_refused_and_nothing_is_announced(
    role_server: Throwaway, filled: Filled
) -> None:
    with clone(role_server, filled) as (url, migrator):
        for target in NEWEST:
            events: list[Event] = []
            with pytest.raises(UsageError, match=f"Destination {target} is not a valid downgrade target") as caught:
                downgrade(migrator, SETTINGS, target, events.append)

            assert '"platform@base" undoes the platform and keeps the engine' in str(caught.value.hint)
            assert [event.kind for event in events] == ["target"]
        assert heads(url) == heads(filled.template)


@pytest.mark.parametrize("target", [target for target in TARGETS if target.startswith("platform")])
def test_rows_that_a_way_down_and_up_lost_can_be_written_again(
    role_server: Throwaway, filled: Filled, target: str
) -> None:
    with clone(role_server, filled) as (url, migrator):
        with connect(url) as admin:
            whole = digest(admin, "minimal")
        downgrade(migrator, SETTINGS, target)
        upgrade(migrator, SETTINGS)

        with connect(url) as admin:
            seed(admin, append=True)
            assert digest(admin, "minimal") == whole
