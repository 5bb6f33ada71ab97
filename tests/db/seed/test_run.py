"""Seeding as a command sees it: whom it writes as, what it refuses, what it takes away."""

import pytest
from support.databases import acting_as, connect, fresh_login

from ttdb.errors import PrivilegeMissing, ScenarioInvalid, TtdbError, UsageError
from ttdb.model.seeding import SeedProgress
from ttdb.postgres.url import Url
from ttdb.seed import digest, seed, space, to_append_to
from ttdb.validate import Request, validate

_COUNT = """
select (select count(*) from public.tenants) + (select count(*) from public.users)
    + (select count(*) from public.venues) + (select count(*) from public.events)
    + (select count(*) from public.ticket_types) + (select count(*) from public.orders)
    + (select count(*) from public.order_items) + (select count(*) from public.order_discounts)
    + (select count(*) from public.tickets) + (select count(*) from public.payment_transactions)
    + (select count(*) from public.notification_history) + (select count(*) from public.audit_logs)
    + (select count(*) from public.event_logs)
"""


def _rows(url: Url) -> int:
    with connect(url) as connection:
        row = connection.execute(_COUNT).fetchone()
    assert row is not None
    return int(row[0])


def _as(url: Url, login: tuple[str, str]) -> Url:
    return url.with_parts(user=login[0], password=login[1])


def test_member_of_operator_can_seed_and_is_the_operator_while_writing(engine_url: Url) -> None:
    with fresh_login(engine_url, member_of=("ttdb_operator",)) as login:
        with connect(_as(engine_url, login)) as connection:
            report = seed(connection, "minimal")
            assert connection.execute("select current_user").fetchone() == (login[0],)
        with connect(engine_url) as connection:
            roles = connection.execute("select distinct role::text, login::text from audit.trail").fetchall()

    assert roles == [("ttdb_operator", login[0])]
    assert report.not_analyzed == tuple(f"public.{table}" for table in report.rows)


def test_superuser_s_seed_is_the_same_and_leaves_statistics(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        report = seed(connection, "minimal")
        estimated = connection.execute(
            "select reltuples from pg_class where oid = 'public.orders'::regclass"
        ).fetchone()

    assert (report.not_analyzed, estimated) == ((), (40,))


def test_role_of_the_session_is_as_it_was_afterwards(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute("set role ttdb_operator")
        with connection.transaction():
            seed(connection, "minimal")

            assert connection.execute("select current_user").fetchone() == ("ttdb_operator",)
        assert connection.execute("select current_user").fetchone() == ("ttdb_operator",)


def test_application_login_cannot_seed(engine_url: Url) -> None:
    with fresh_login(engine_url, member_of=("ttdb_app",)) as login, connect(_as(engine_url, login)) as connection:
        with pytest.raises(PrivilegeMissing) as caught:
            seed(connection, "minimal")

        assert caught.value.message == f'login "{login[0]}" cannot write every tenant of "public.tenants"'
        assert caught.value.hint == f'Have an admin run: grant ttdb_operator to "{login[0]}";'
    assert _rows(engine_url) == 0


def test_example_s_tenant_sees_its_own_orders_and_the_example_is_one(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        report = seed(connection, "minimal")
        with acting_as(connection, "ttdb_app", report.examples["tenants"]):
            found = connection.execute("select id::text, user_id::text from public.orders").fetchall()
    orders: dict[str, str] = dict(found)

    assert orders[report.examples["orders"]] == report.examples["users"]
    assert 0 < len(orders) < 40


def test_lines_to_act_as_the_tenant_run_as_printed(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        report = seed(connection, "minimal")
        for line in report.act_as:
            connection.execute(line.encode())


def test_second_seed_is_refused_and_says_how_to_go_on(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        with pytest.raises(UsageError) as caught:
            seed(connection, "minimal")

    assert caught.value.message == f'database "{engine_url.part("dbname")}" is seeded already'
    assert caught.value.hint == (
        "Pass --append to add what is missing for the volumes given, or --reset to start over."
    )


def test_rows_of_others_are_not_seeded_among_unasked(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute("insert into public.tenants (name, slug) values ('Real', 'real')")
        with pytest.raises(UsageError, match="holds 1 row that the seed did not make"):
            seed(connection, "minimal")
        seed(connection, "minimal", append=True)

        assert connection.execute("select count(*) from public.tenants").fetchone() == (5,)


def test_append_ends_where_one_seed_of_that_size_would(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal", orders=90)
        whole = digest(connection, "minimal")
        seed(connection, "minimal", orders=40, reset=True)
        report = seed(connection, "minimal", orders=90, append=True)

        assert digest(connection, "minimal") == whole
        assert (report.rows["orders"], report.rows["users"]) == (50, 0)


def test_reset_tells_how_far_it_is(engine_url: Url) -> None:
    told: list[SeedProgress] = []
    with connect(engine_url) as connection:
        seed(connection)
        report = seed(connection, reset=True, tenants=0, orders=0, on_progress=told.append)

    deleted = [each for each in told if each.doing == "deleted"]
    whole = sum(report.removed.values())
    assert (deleted[0].rows, deleted[-1].rows) == (0, whole)
    assert {each.expected for each in deleted} == {whole}
    assert len(deleted) > len(report.removed)


def test_append_of_few_rows_refreshes_the_statistics_of_no_large_table(engine_url: Url) -> None:
    estimated = "select reltuples from pg_class where oid = 'public.orders'::regclass"
    with connect(engine_url) as connection:
        seed(connection, "minimal", orders=400)
        first = connection.execute(estimated).fetchone()
        seed(connection, "minimal", orders=420, append=True)
        few = connection.execute(estimated).fetchone()
        seed(connection, "minimal", orders=600, append=True)
        many = connection.execute(estimated).fetchone()

    assert (first, few, many) == ((400,), (400,), (600,))


def test_append_of_what_is_there_writes_nothing(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")

        assert set(seed(connection, "minimal", append=True).rows.values()) == {0}


def test_append_makes_no_window_again_that_stands(engine_url: Url) -> None:
    told: list[SeedProgress] = []
    with connect(engine_url) as connection:
        seed(connection, "minimal", orders=190, bulk=False, window_rows=300)
        whole = sum(seed(connection, "minimal", orders=0, tenants=0, reset=True).removed.values())
        seed(connection, "minimal", orders=180, bulk=False, window_rows=300)

        seed(connection, "minimal", orders=190, append=True, window_rows=300, on_progress=told.append)

        assert told[-1].rows < whole / 4
        assert abs(told[-1].expected - told[-1].rows) < whole / 10
        ended = digest(connection, "minimal")
        seed(connection, "minimal", orders=190, reset=True)
        assert digest(connection, "minimal") == ended


@pytest.mark.parametrize(("number", "all_or_none"), [(1, True), (2, False)], ids=["of its own", "of another"])
def test_few_rows_beside_many_are_written_all_or_none(
    engine_url: Url, monkeypatch: pytest.MonkeyPatch, number: int, *, all_or_none: bool
) -> None:
    """Rows of another seed are as many as ever: those that stand are none of its own."""
    monkeypatch.setattr(space, "FEW", 600)
    told: list[SeedProgress] = []

    def interrupt(progress: SeedProgress) -> None:
        told.append(progress)
        if len(told) == 5:
            raise KeyboardInterrupt

    with connect(engine_url) as connection:
        seed(connection, "minimal", seed=1, orders=200)
        before = _rows(engine_url)
        with pytest.raises(KeyboardInterrupt):
            seed(connection, "minimal", seed=number, orders=215, append=True, window_rows=20, on_progress=interrupt)

    assert (_rows(engine_url) == before) is all_or_none


def test_many_rows_of_one_table_are_not_few_because_the_others_stand(
    engine_url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "FEW", 100)
    with connect(engine_url) as connection:
        seed(connection, "minimal", orders=60)
        connection.execute("create table public.known as select u.id from public.users as u")
        seed(connection, "minimal", tenants=60, orders=60, append=True, window_rows=50)
        found = connection.execute(
            "select count(*) > 100, count(distinct u.xmin::text) > 1 from public.users as u"
            " where not exists (select from public.known as k where k.id = u.id)"
        ).fetchone()

    assert found == (True, True)


def test_what_is_appended_belongs_to_all_tenants_of_the_seed_unasked(engine_url: Url) -> None:
    notes: list[str] = []
    with connect(engine_url) as connection:
        seed(connection, "minimal", tenants=9, orders=150)
        whole = digest(connection, "minimal")
        seed(connection, "minimal", tenants=9, orders=60, reset=True)

        seed(connection, "minimal", orders=100, append=True, on_note=notes.append)
        seed(connection, "minimal", tenants=5, orders=150, append=True, on_note=notes.append)

        assert digest(connection, "minimal") == whole
    assert notes == ["9 tenants of this seed stand: what is added belongs to all of them"]


def test_examples_are_rows_that_stand_and_belong_together(engine_url: Url) -> None:
    belong = (
        "select count(*) from public.orders where id = %(orders)s and tenant_id = %(tenants)s and user_id = %(users)s"
    )
    with connect(engine_url) as connection:
        for number in range(1, 6):
            seed(connection, "minimal", seed=number, append=True)
            shown = seed(connection, "minimal", seed=number, tenants=40, append=True).examples

            assert connection.execute(belong, shown).fetchone() == (1,)


def test_append_of_another_seed_stands_beside_the_first(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        report = seed(connection, "minimal", seed=2, append=True)

    assert (report.rows["tenants"], report.rows["orders"]) == (4, 40)


def test_what_stands_is_what_an_append_goes_on_with(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        nothing = to_append_to(connection)
        seed(connection, "demo", orders=20)
        one = to_append_to(connection)
        seed(connection, "minimal", append=True)

        with pytest.raises(UsageError, match=r"rows of several scenarios stand .*: demo, minimal"):
            to_append_to(connection)
    assert (nothing, one) == ("minimal", "demo")


def test_rows_of_a_seed_of_another_number_are_not_gone_on_with_unasked(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal", seed=7)

        with pytest.raises(UsageError, match="of no scenario by the number that is its own"):
            to_append_to(connection)
        with pytest.raises(UsageError, match="of no scenario by number 5"):
            to_append_to(connection, 5)
        assert to_append_to(connection, 7) == "minimal"


def test_append_of_what_stands_says_that_nothing_is_missing(engine_url: Url) -> None:
    notes: list[str] = []
    with connect(engine_url) as connection:
        seed(connection, orders=20)
        report = seed(connection, orders=10, append=True, on_note=notes.append)

    assert not any(report.rows.values())
    assert notes == ["nothing is missing: --tenants and --orders say how many there are to be in all"]


def test_tenants_whose_events_no_memory_holds_are_refused(engine_url: Url) -> None:
    refusal = "1000000 tenants make 7500000 rows of events, which others are picked from"
    with connect(engine_url) as connection, pytest.raises(UsageError, match=refusal):
        seed(connection, "minimal", tenants=1_000_000, orders=10)
    assert _rows(engine_url) == 0


@pytest.mark.parametrize("scenario", ["demo", "edge"])
def test_validate_passes_on_it(engine_url: Url, scenario: str) -> None:
    """Rows that look like another tenant's by chance, as a telephone number may, are no finding."""
    with connect(engine_url) as connection:
        seed(connection, scenario)
    report = validate(engine_url, Request(disposable=True))  # in place, a busy machine's probes hold locks too long

    assert [finding for finding in report.findings if finding.severity != "info"] == []
    assert report.unproven == ()


def test_reset_deletes_only_what_seeds_made(engine_url: Url) -> None:
    name = engine_url.part("dbname")
    with connect(engine_url) as connection:
        connection.execute("insert into public.tenants (name, slug) values ('Real', 'real')")
        seed(connection, "minimal", append=True)
        report = seed(connection, "minimal", reset=True, tenants=0, orders=0, database_name=name)

        assert connection.execute("select slug from public.tenants").fetchall() == [("real",)]
    assert (report.removed["orders"], report.rows["orders"], report.examples) == (40, 0, {})


def test_reset_refuses_a_database_with_tenants_of_others_unless_told_its_name(engine_url: Url) -> None:
    name = engine_url.part("dbname")
    with connect(engine_url) as connection:
        connection.execute("insert into public.tenants (name, slug) values ('Real', 'real')")
        seed(connection, "minimal", append=True)
        with pytest.raises(UsageError) as caught:
            seed(connection, "minimal", reset=True)
        with pytest.raises(UsageError, match=f'the database is called "{name}", not "other"'):
            seed(connection, "minimal", reset=True, database_name="other")

    assert caught.value.message == (
        f'database "{name}" does not look like a development database:'
        ' table "public.tenants" holds 1 row that the seed did not make'
    )
    assert caught.value.hint == f"Pass --database-name {name} to reset it all the same."


def test_reset_does_not_take_others_rows_along(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        connection.execute(
            "insert into public.order_items (tenant_id, order_id, ticket_type_id, quantity, unit_price, subtotal)"
            " select tenant_id, order_id, ticket_type_id, 1, 0, 0 from public.order_items where quantity = 1 limit 1"
        )
        before = digest(connection, "minimal")
        with pytest.raises(TtdbError, match=r'table "public\.order_items" holds 1 row that the seed did not make'):
            seed(connection, "minimal", reset=True)

        assert digest(connection, "minimal") == before


def test_reset_takes_rows_that_a_trigger_keeps_for_granted(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        connection.execute(
            "create table public.sums (order_id uuid primary key references public.orders on delete cascade);"
            "grant insert on public.sums to ttdb_definer;"
            "insert into public.sums select id from public.orders"
        )
        seed(connection, "minimal", reset=True, orders=0, tenants=0)

    assert _rows(engine_url) == 0


def test_reset_does_not_take_along_a_table_of_others_though_its_rows_would_go(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        seed(connection, "minimal")
        connection.execute(
            "create table public.notes (order_id uuid primary key references public.orders on delete cascade);"
            "grant insert on public.notes to ttdb_definer, ttdb_app;"
            "grant select on public.notes to ttdb_operator;"
            "insert into public.notes select id from public.orders"
        )
        with pytest.raises(TtdbError, match=r'table "public\.notes" holds 40 rows that the seed did not make'):
            seed(connection, "minimal", reset=True)


def test_rows_of_a_monthly_table_lie_in_its_partitions_and_are_the_seed_s_own(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        report = seed(connection, "minimal")
        connection.execute(
            "insert into public.event_logs (tenant_id, service, event_type) "
            "select id, 'mine', 'kept' from public.tenants limit 1"
        )
        own = connection.execute("select count(*) from public.event_logs where service <> 'mine'").fetchone()
        with pytest.raises(TtdbError, match=r'table "public\.event_logs" holds 1 row that the seed did not make'):
            seed(connection, "minimal", reset=True)

    assert own == (report.rows["event_logs"],)


def test_reset_and_append_contradict_each_other(engine_url: Url) -> None:
    with connect(engine_url) as connection, pytest.raises(UsageError, match="contradict"):
        seed(connection, "minimal", reset=True, append=True)


def test_interrupted_seed_leaves_no_row(engine_url: Url) -> None:
    def interrupt(progress: SeedProgress) -> None:
        if progress.rows > 100:
            raise KeyboardInterrupt

    notes: list[str] = []
    with connect(engine_url) as connection, pytest.raises(KeyboardInterrupt):
        seed(connection, "minimal", on_progress=interrupt, on_note=notes.append)

    assert _rows(engine_url) == 0
    assert notes == ["interrupted before the end: no row was written"]


def test_database_without_the_tables_is_told_to_upgrade(empty_url: Url) -> None:
    with connect(empty_url) as connection, pytest.raises(ScenarioInvalid) as caught:
        seed(connection, "minimal")

    assert caught.value.message == f'table "public.tenants" does not exist in database "{empty_url.part("dbname")}"'
    assert caught.value.hint == (
        'Run "ttdb upgrade" first: it makes the tables. A schema of your own: "ttdb seed generic".'
    )


def test_negative_volume_is_refused(engine_url: Url) -> None:
    with connect(engine_url) as connection, pytest.raises(UsageError, match="--orders must be 0 or more"):
        seed(connection, "minimal", orders=-1)


def test_lines_to_act_as_the_tenant_sign_where_the_context_must_be_signed(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute("select ttdb.create_context_key()")
        connection.execute("select ttdb.require_signed_context(true)")
        report = seed(connection)
        seen = 0
        for line in report.act_as:
            cursor = connection.execute(line.encode())
            seen = max(seen, cursor.rowcount if line.startswith("table") else 0)

    assert any("ttdb.sign_context('" in line for line in report.act_as)
    assert seen > 0
