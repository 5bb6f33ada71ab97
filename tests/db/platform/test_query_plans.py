"""Every query of the catalogue is served by its index, for big and small tenants; and the indexes are what it takes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import sql
from support.databases import connect, fresh_database

from bench.queries.catalogue import CatalogueInvalid, Query, catalogue, parsed
from bench.queries.draws import Draw, Draws
from bench.queries.indexes import Index, indexes, without_indexes
from bench.queries.load import Size, load
from bench.queries.plans import BIG, Sizes, faults, plan, scans, settled_plan, sizes
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

QUERIES = {query.name: query for query in catalogue()}
Planner = Callable[[Connection, Query, Draw], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A database with enough rows for plans to matter."""

    connection: Connection
    sizes: Sizes

    def draw(self, query: Query, *, biggest: bool) -> Draw:
        """Return values of the biggest tenant, or of the smallest that has any; the same in any order of the tests."""
        draws = Draws(self.connection)
        tenants = draws.tenants if biggest else reversed(draws.tenants)
        return next(drawn[0] for tenant in tenants if (drawn := draws.of(query, tenant, 1)))

    def faults(self, query: Query, planner: Planner, *, biggest: bool) -> list[str]:
        """Return what is wrong with a query's plan."""
        found = planner(self.connection, query, self.draw(query, biggest=biggest))
        return faults(query, scans(found, self.sizes), self.sizes)


@pytest.fixture(scope="session")
def loaded(server: Throwaway, head_template: str) -> Iterator[Loaded]:
    with fresh_database(server.url, template=head_template) as url, connect(url) as connection:
        connection.execute("set timezone = 'UTC'")
        with without_indexes(connection):
            load(connection, Size(orders=16_000, tenants=40, months=2, floor=12_000))
        # Plans are of a database at rest; and of all its rows, not of a sample that is another in each run.
        connection.execute("set default_statistics_target = 1000")
        connection.execute("vacuum analyze")
        yield Loaded(connection, sizes(connection))


@pytest.fixture
def head(engine_url: Url) -> Iterator[Connection]:
    with connect(engine_url) as connection:
        yield connection


@pytest.mark.parametrize("biggest", [True, False], ids=["biggest-tenant", "smallest-tenant"])
@pytest.mark.parametrize("planner", [plan, settled_plan], ids=["unprepared", "prepared"])
def test_every_query_is_served_by_its_index(loaded: Loaded, planner: Planner, biggest: bool) -> None:  # noqa: FBT001 - a parameter of the test
    found = {name: loaded.faults(query, planner, biggest=biggest) for name, query in QUERIES.items()}

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_big_tables_have_enough_rows_for_plans_to_matter(loaded: Loaded) -> None:
    big = {table for table in loaded.sizes.table_of.values() if loaded.sizes.of_table(table) > BIG}

    assert big == {
        *("users", "events", "ticket_types", "orders", "order_items", "tickets"),
        *("payment_transactions", "audit_logs", "notification_history", "event_logs"),
    }


@pytest.mark.parametrize(
    ("dropped", "query", "fault"),
    [
        ("orders_pending_idx", "orders-abandoned", "sequential scan of orders"),
        ("payment_transactions_open_idx", "payments-stuck", "not by payment_transactions_open_idx"),
        ("orders_user_id_idx", "orders-of-user", "not by orders_user_id_idx"),
    ],
)
def test_query_without_its_index_is_found(loaded: Loaded, dropped: str, query: str, fault: str) -> None:
    with loaded.connection.transaction(force_rollback=True):
        loaded.connection.execute(sql.SQL("drop index public.{}").format(sql.Identifier(dropped)))
        found = loaded.faults(QUERIES[query], plan, biggest=True)

    assert fault in "; ".join(found)
    assert loaded.faults(QUERIES[query], plan, biggest=True) == []


def test_row_security_adds_what_an_explicit_condition_would(loaded: Loaded) -> None:
    """The benchmark compares a query with itself as a role that no policy binds: both must return the same rows."""
    differing = []
    for name, query in QUERIES.items():
        draw = loaded.draw(query, biggest=True)
        values = {**draw.values, "tenant": draw.tenant}
        with loaded.connection.transaction(force_rollback=True):
            explicit = loaded.connection.execute(sql.SQL(query.explicit), values).fetchall()
            loaded.connection.execute(sql.SQL("set local role {}").format(sql.Identifier(query.role)))
            loaded.connection.execute("select set_config('app.current_tenant_id', %s, true)", (draw.tenant,))
            secured = loaded.connection.execute(sql.SQL(query.sql), values).fetchall()
        if sorted(map(str, secured)) != sorted(map(str, explicit)) or not (secured or "discounts" in name):
            differing.append(name)

    assert differing == []


def test_every_query_names_indexes_that_exist(head: Connection) -> None:
    known = {name for (name,) in head.execute("select relname from pg_class where relkind in ('i', 'I')")}

    assert {index for query in catalogue() for index in query.indexes} - known == set()


def test_every_index_says_which_query_or_key_it_serves(head: Connection) -> None:
    keys = {name for (name,) in head.execute("select conname from pg_constraint where contype = 'f'")}
    # A resolver asks before there is a tenant, which no query of the catalogue does.
    resolvers = {
        name
        for (name,) in head.execute(
            "select p.proname from ttdb.resolvers as r join pg_proc as p on p.oid = r.function::regprocedure"
        )
    }

    strange = {
        index.name: index.comment
        for index in indexes(head)
        if not served(index) or served(index) - set(QUERIES) - keys - resolvers
    }

    assert strange == {}


def test_every_index_serves_the_queries_it_names(head: Connection) -> None:
    for index in indexes(head):
        for name in served(index) & set(QUERIES):
            assert index.name in QUERIES[name].indexes


def served(index: Index) -> set[str]:
    """Return the names that an index's comment opens with: orders-newest, orders-by-day: a tenant's orders."""
    names, colon, _ = index.comment.partition(":")
    return set(names.split(", ")) if colon else set()


def test_no_index_is_the_beginning_of_another(head: Connection) -> None:
    redundant = head.execute(
        "select a.indexrelid::regclass::text, b.indexrelid::regclass::text from pg_index as a"
        " join pg_index as b on b.indrelid = a.indrelid and b.indexrelid <> a.indexrelid"
        " join pg_class as c on c.oid = a.indrelid and not c.relispartition"
        " where c.relnamespace = 'public'::regnamespace and not a.indisunique"
        " and pg_get_expr(a.indpred, a.indrelid) is not distinct from pg_get_expr(b.indpred, b.indrelid)"
        " and (b.indkey::text || ' ') like (a.indkey::text || ' %')"
    ).fetchall()

    assert redundant == []


def test_every_foreign_key_and_every_tenant_has_an_index(head: Connection) -> None:
    unserved = head.execute(
        "select k.conname from pg_constraint as k join pg_class as c on c.oid = k.conrelid and not c.relispartition"
        " where k.contype = 'f' and c.relnamespace = 'public'::regnamespace and not exists ("
        " select from pg_index as i where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null"
        " and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)"
    ).fetchall()

    assert unserved == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('kind = "pages"', "is of an unknown kind pages"),
        ('sentence = ""\ncolour = "red"', "has an unknown field colour"),
        ("index = []", "names no index"),
        ('sql = "select 1 from public.orders as o where o.tenant_id = %(t)s limit 1"', "names the tenant in its WHERE"),
        ('sql = "select 1 from public.orders as o"', "is a page without a limit"),
        ('sql = "select 1 limit 1"', "reads no table"),
        ('sql = "select 1 from public.orders as o where o.id = %(id)s limit 1"', "has parameters and no values"),
    ],
)
def test_query_described_badly_is_refused_by_its_name(change: str, message: str) -> None:
    lines = {
        "sentence": 'sentence = "A service reads."',
        "kind": 'kind = "page"',
        "index": 'index = ["orders_pkey"]',
        "sql": 'sql = "select 1 from public.orders as o limit 1"',
    }
    assert parsed("[a-query]\n" + "\n".join(lines.values()))
    lines[change.split(" ", 1)[0]] = change

    with pytest.raises(CatalogueInvalid, match=f"query a-query of sql/queries.toml {message}"):
        parsed("[a-query]\n" + "\n".join(lines.values()))
