"""A service that is observed sees all, and what row-level security would refuse is recorded, once each."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors as pg
from support.databases import connect
from support.platform import A, B, ident, insert, rows
from support.services import Service, in_tenant, new_service

from ttdb.model.cutover import Lack
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

ORDERS = "select count(*) from public.orders"


@pytest.fixture
def observed(service: Service) -> Iterator[Connection]:
    """Return a session that was open before its service was observed."""
    with service.session() as session:
        service.observe()
        yield session


def test_own_rows_are_no_observation(service: Service, observed: Connection) -> None:
    with observed.transaction():
        in_tenant(observed, A)
        assert scalar(observed, f"{ORDERS} where tenant_id = '{A}'") == 1
        observed.execute("update public.orders set metadata = '{}' where tenant_id = %s", (A,))
        observed.execute("delete from public.order_discounts where tenant_id = %s", (A,))
        insert(observed, "order_discounts", rows(A, "A")["order_discounts"])

    assert service.recorded() == []


def test_reading_without_a_tenant_passes_and_is_recorded_once(service: Service, observed: Connection) -> None:
    with observed.transaction():
        assert scalar(observed, ORDERS) == 2
        assert scalar(observed, ORDERS) == 2

    assert service.recorded() == [("public.orders", "select", "no_tenant", "hidden", None, A)]


def test_each_transaction_is_recorded(service: Service, observed: Connection) -> None:
    for _ in range(3):
        observed.execute(ORDERS)

    assert len(service.recorded()) == 3


def test_a_service_that_never_sets_a_tenant_fills_no_disk(service: Service, observed: Connection) -> None:
    for _ in range(15):
        observed.execute(ORDERS)
    observed.execute("select count(*) from public.tickets")  # another kind is recorded all the same

    assert [row[0] for row in service.recorded()].count("public.orders") == 10
    assert [row[0] for row in service.recorded()].count("public.tickets") == 1


def test_a_row_of_another_tenant_is_recorded(service: Service, observed: Connection) -> None:
    with observed.transaction():
        in_tenant(observed, A)
        assert scalar(observed, ORDERS) == 2

    assert service.recorded() == [("public.orders", "select", "other_tenant", "hidden", A, B)]


def test_each_reason_in_a_transaction_is_recorded(service: Service, observed: Connection) -> None:
    with observed.transaction():
        observed.execute(ORDERS)
        in_tenant(observed, A)
        observed.execute(ORDERS)

    assert [row[2] for row in service.recorded()] == ["no_tenant", "other_tenant"]


def test_writes_for_another_tenant_pass_and_are_recorded(service: Service, observed: Connection) -> None:
    discount = rows(B, "B")["order_discounts"]
    with observed.transaction():
        in_tenant(observed, A)
        changed = observed.execute("update public.orders set metadata = '{}' where id = %s", (ident(B, 5),)).rowcount
        gone = observed.execute("delete from public.order_discounts where id = %s", (discount["id"],)).rowcount
        insert(observed, "order_discounts", discount)

    assert (changed, gone) == (1, 1)
    assert set(service.recorded()) == {
        ("public.orders", "select", "other_tenant", "hidden", A, B),
        ("public.orders", "update", "other_tenant", "hidden", A, B),
        ("public.order_discounts", "select", "other_tenant", "hidden", A, B),
        ("public.order_discounts", "delete", "other_tenant", "hidden", A, B),
        ("public.order_discounts", "insert", "other_tenant", "error", A, B),
    }


def test_insert_without_a_tenant_is_recorded(service: Service, observed: Connection) -> None:
    insert(observed, "event_logs", rows(A, "A")["event_logs"] | {"id": ident(A, 99)})

    assert service.recorded() == [("public.event_logs", "insert", "no_tenant", "error", None, A)]


def test_what_services_may_not_do_to_a_table_passes_and_is_recorded(service: Service, observed: Connection) -> None:
    with observed.transaction():
        in_tenant(observed, A)
        assert observed.execute("delete from public.event_logs where tenant_id = %s", (A,)).rowcount == 1

    assert service.recorded() == [("public.event_logs", "delete", "no_privilege", "error", A, A)]


def test_a_read_only_transaction_reads_and_is_told_to_the_log_alone(service: Service, observed: Connection) -> None:
    observed.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
    said: list[str] = []
    observed.execute("set client_min_messages = log")
    with observed.transaction():
        observed.execute("set transaction read only")
        assert scalar(observed, ORDERS) == 2

    assert service.recorded() == []
    (line,) = said
    assert line == (
        f"ttdb: row-level security would refuse select on public.orders to {service.name}:"
        f" no_tenant, hidden (tenant none, row of {A})"
    )


def test_a_rolled_back_transaction_is_observed_again(service: Service, observed: Connection) -> None:
    with observed.transaction(force_rollback=True):
        observed.execute(ORDERS)
    assert service.recorded() == []

    with observed.transaction():
        with observed.transaction(force_rollback=True):
            observed.execute(ORDERS)
        observed.execute(ORDERS)

    assert len(service.recorded()) == 1


def test_prepared_statements_of_open_sessions_follow(service: Service) -> None:
    with service.session() as session:
        session.execute("prepare orders as " + ORDERS)
        for _ in range(7):  # past the five custom plans
            assert scalar(session, "execute orders") == 0

        service.observe()
        seen = [scalar(session, "execute orders") for _ in range(7)]
        with new_service(service.admin) as other:  # so that the policies stay
            other.observe()
            service.enforce()
            refused = [scalar(session, "execute orders") for _ in range(7)]
            service.back()
            again = scalar(session, "execute orders")
            other.enforce()

    assert seen == [2] * 7
    assert refused == [0] * 7
    assert again == 2


def test_others_are_held_while_one_is_observed(service: Service, observed: Connection) -> None:
    with new_service(service.admin) as other, other.session() as session:
        assert scalar(session, ORDERS) == 0
        assert scalar(observed, ORDERS) == 2
        with pytest.raises(pg.InsufficientPrivilege):
            session.execute("select ttdb.record_observation('public.orders', 'select', 'hidden', null)")


def test_who_is_observed_cannot_touch_the_record(observed: Connection) -> None:
    for statement in (b"delete from ttdb.observations", b"select * from ttdb.observations"):
        with pytest.raises(pg.InsufficientPrivilege):
            observed.execute(statement)


def test_enforced_service_is_refused(service: Service, observed: Connection) -> None:
    service.enforce()

    assert scalar(observed, ORDERS) == 0
    with observed.transaction():
        in_tenant(observed, A)
        assert scalar(observed, ORDERS) == 1
        with pytest.raises(pg.InsufficientPrivilege, match="row-level security"), observed.transaction():
            insert(observed, "order_discounts", rows(B, "B")["order_discounts"] | {"id": ident(B, 99)})
    assert service.recorded() == []


def test_tables_beside_the_protected_ones_are_as_before(service: Service, place: Url) -> None:
    with connect(place) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute(
            "create table public.rates (name text); create view public.names as select name from public.rates"
        )
    with service.session() as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("insert into public.rates values ('a')")
        told = service.observe()
        session.execute("insert into public.rates values ('a')")
        assert scalar(session, "select count(*) from public.names") == 1

    lack = Lack("public.rates", ("delete", "insert", "select", "update"), recorded=False)
    assert lack in told.lacks
