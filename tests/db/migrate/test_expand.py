"""A table in another shape is brought to the wanted one beside its own: both kept, killed and continued, and undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, LiteralString

import pytest
import sqlalchemy as sa
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_login
from support.kills import killed_after_one_step

from ttdb.errors import Conflicts
from ttdb.migrate import ledger, needed
from ttdb.migrate.arrival import Added, Arrival, Given, read_arrival
from ttdb.migrate.columns import (
    MONEY,
    TEXT,
    created_at,
    generated,
    metadata,
    optional,
    required,
    rule,
    server_id,
    standing,
    tenant_id,
    tenant_keys,
    unique,
)
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.migrate.steps import expanded, once_contracted, protected, transitions
from ttdb.model.migration import OnEvent, silent
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

REVISION = "test_0001"
ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NOBODY = "00000000-0000-0000-0000-000000000001"

PUBLIC = metadata()
standing("tenants", PUBLIC)
bills = sa.Table(
    "bills",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("number", TEXT, "shown to people"),
    required("amount", MONEY, "what is owed"),
    generated("search", TEXT, "lower(number)", "to look it up by"),
    required("state", TEXT, "OPEN or PAID", default="'OPEN'"),
    created_at(),
    *tenant_keys("public.tenants"),
    unique("tenant_id", "number", comment="another bill has this number"),
    rule("bills_state_must_be_known", "state in ('OPEN', 'PAID')", "the state is unknown"),
    rule("bills_amount_must_be_reasonable", "amount between 0 and 1000", "the amount is below 0 or over 1000"),
    comment="what people owe",
)
ARRIVAL = Arrival(
    aside=("broken",),
    times=("changed_at",),
    rules=("bills_amount_must_be_reasonable",),
    added={
        "amount": Added("t.cents / 100.0", back={"cents": "t.amount * 100"}),
        "search": Added("pg_catalog.lower(t.number)", follows=True),
    },
    given={"tenant_id": Given(f"'{ONE}'", f"t.tenant_id is null or t.tenant_id = '{NOBODY}'")},
)
BEFORE: LiteralString = """
create table public.bills (
    id uuid primary key default gen_random_uuid(), tenant_id uuid default '00000000-0000-0000-0000-000000000001',
    number varchar(20) not null, cents integer not null, state varchar(10) default 'new',
    created_at timestamptz default now(), changed_at timestamptz default now()
);
create function public.touch() returns trigger language plpgsql as
$$ begin new.changed_at = pg_catalog.clock_timestamp(); return new; end $$;
create trigger touch_bills before update on public.bills for each row execute function public.touch();
create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
create trigger broken after update on public.bills for each row execute function public.refuse();
"""


@pytest.fixture(params=["open", "policies"])
def migrator(request: pytest.FixtureRequest, engine_url: Url) -> Iterator[Url]:
    """Return a plain login in a database whose bills stand as services made them."""
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        with connect(engine_url) as admin:
            admin.execute("set role ttdb_operator")
            for number, tenant in enumerate((ONE, OTHER)):
                admin.execute(
                    "insert into public.tenants (id, name, slug) values (%s, 'T', %s)", (tenant, f"t{number}")
                )
            admin.execute("set role ttdb_owner")
            admin.execute(BEFORE)
            admin.execute(
                "insert into public.bills (tenant_id, number, cents, state, created_at) values"
                " (%s, 'A-1', 1050, 'new', now()), (%s, 'B-1', 2, 'OPEN', null), (%s, 'C-1', 3, null, now())",
                (ONE, NOBODY, OTHER),
            )
            if request.param == "policies":
                admin.execute(
                    "alter table public.bills enable row level security, force row level security;"
                    "create policy anybody on public.bills for select to public"
                    " using (current_setting('app.role', true) = 'admin');"
                    "create policy writers on public.bills as restrictive for update using (true)"
                    " with check (cents > 0)"
                )
        yield engine_url.with_parts(user=login, password=password)


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


STEPS = (*expanded(bills, ARRIVAL), protected("public.bills"))


def up(url: Url, steps: tuple[Step, ...] = STEPS, on_event: OnEvent = silent) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy(), on_event).up(REVISION, steps)


def down(url: Url, steps: tuple[Step, ...] = STEPS, on_event: OnEvent = silent) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy(), on_event).down(REVISION, steps)


def asked(url: Url, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    """Return the answer to an admin, who sees all."""
    with connect(url) as admin:
        return admin.execute(query, values or None).fetchall()


def run(url: Url, statement: LiteralString, *values: object) -> None:
    with connect(url) as admin:
        admin.execute(statement, values)


def rows(url: Url) -> list[tuple[Any, ...]]:
    return asked(url, "select to_jsonb(b) from public.bills b order by number")


def test_rows_get_what_is_wanted_and_keep_their_own(migrator: Url, engine_url: Url) -> None:
    changed = asked(engine_url, "select changed_at from public.bills order by number")

    up(migrator)

    found = asked(
        engine_url, "select tenant_id::text, amount::text, cents, search, state from public.bills order by number"
    )
    assert found == [
        (ONE, "10.50", 1050, "a-1", "new"),
        (ONE, "0.02", 2, "b-1", "OPEN"),
        (OTHER, "0.03", 3, "c-1", "OPEN"),
    ]
    assert asked(engine_url, "select changed_at from public.bills order by number") == changed
    loose = "select conname from pg_constraint where not convalidated and conrelid = 'public.bills'::regclass"
    assert asked(engine_url, loose) == []


def test_both_shapes_can_be_written(migrator: Url, engine_url: Url) -> None:
    up(migrator)

    with connect(engine_url) as admin:
        old = (
            "insert into public.bills (number, cents) values ('D-1', 99) returning tenant_id::text, amount::text, state"
        )
        assert admin.execute(old).fetchone() == (ONE, "0.99", "new")
        new = "insert into public.bills (tenant_id, number, amount) values (%s, 'E-1', 1.01) returning cents, search"
        assert admin.execute(new, (OTHER,)).fetchone() == (101, "e-1")
        set_old = (
            "update public.bills set cents = 7, number = 'e-2' where number = 'E-1' returning amount::text, search"
        )
        assert admin.execute(set_old).fetchone() == ("0.07", "e-2")
        set_new = "update public.bills set amount = 8 where number = 'e-2' returning cents"
        assert admin.execute(set_new).fetchone() == (800,)


def test_row_that_is_not_filled_yet_keeps_what_services_wrote_when_they_change_something_else(
    migrator: Url, engine_url: Url
) -> None:
    place = next(number for number, step in enumerate(STEPS) if step.name.startswith("fill"))
    up(migrator, STEPS[:place])
    assert asked(engine_url, "select distinct amount from public.bills") == [(None,)]

    run(engine_url, "update public.bills set state = 'OPEN' where number = 'A-1'")

    shown = "select cents, amount::text from public.bills where number = 'A-1'"
    assert asked(engine_url, shown) == [(1050, "10.50")]
    run(engine_url, "update public.bills set amount = 9 where number = 'C-1'")
    assert asked(engine_url, "select cents from public.bills where number = 'C-1'") == [(900,)]


def test_what_is_looked_up_and_may_stay_empty_is_filled_once_and_not_waited_for(migrator: Url, engine_url: Url) -> None:
    """A service that makes it known afterwards, again and again, must not keep a backfill from its end."""
    run(engine_url, "create table public.payers (bill text, name text); grant select on public.payers to ttdb_operator")
    run(engine_url, "insert into public.payers values ('A-1', 'Ada')")
    own = metadata()
    standing("tenants", own)
    wanted = bills.to_metadata(own)
    wanted.append_column(optional("payer", TEXT, "who pays"))
    looked_up = Added("(select p.name from public.payers as p where p.bill = t.number)")
    steps = expanded(wanted, replace(ARRIVAL, added={**ARRIVAL.added, "payer": looked_up}))
    place = next(number for number, step in enumerate(steps) if step.name.startswith("fill"))

    up(migrator, steps[: place + 1])

    query = "select number, payer from public.bills order by number"
    assert asked(engine_url, query) == [("A-1", "Ada"), ("B-1", None), ("C-1", None)]
    run(engine_url, "insert into public.payers values ('B-1', 'Bea')")
    with connect(engine_url) as admin:
        assert scalar(admin, sql.SQL(steps[place].holds)) is True


def test_way_back_ends_in_what_was_found(migrator: Url, engine_url: Url) -> None:
    found, before = catalog(engine_url), rows(engine_url)
    up(migrator)
    assert catalog(engine_url) != found

    down(migrator)

    assert catalog(engine_url) == found
    assert rows(engine_url) == before


def test_way_back_keeps_what_services_changed_since(migrator: Url, engine_url: Url) -> None:
    up(migrator)
    run(engine_url, "update public.bills set state = 'PAID' where number = 'C-1'")

    down(migrator)

    assert asked(engine_url, "select tenant_id::text, state from public.bills order by number") == [
        (ONE, "new"),
        (NOBODY, "OPEN"),
        (OTHER, "PAID"),
    ]


def test_killed_between_any_two_steps_it_ends_the_same_both_ways(migrator: Url, engine_url: Url) -> None:
    found, before = catalog(engine_url), rows(engine_url)
    up(migrator)
    undisturbed = catalog(engine_url)
    down(migrator)

    kills = 0
    while killed_after_one_step(up, migrator):
        kills += 1

    assert kills == len(STEPS)
    assert catalog(engine_url) == undisturbed
    while killed_after_one_step(down, migrator):
        kills += 1
    assert kills == 2 * len(STEPS)
    assert (catalog(engine_url), rows(engine_url)) == (found, before)


def test_row_that_will_break_a_rule_stops_it_before_anything_is_added(migrator: Url, engine_url: Url) -> None:
    query = "insert into public.bills (tenant_id, number, cents) values (%s, 'X', -5) returning id::text"
    (broken,) = asked(engine_url, query, OTHER)

    with pytest.raises(Conflicts) as stopped:
        up(migrator)

    assert f"id={broken[0]}: bills_amount_must_be_reasonable" in stopped.value.message
    assert asked(engine_url, "select to_regclass('ttdb.public_bills_as_found')") == [(None,)]


def test_values_that_differ_stop_it_and_are_named_by_tenant(migrator: Url, engine_url: Url) -> None:
    lying = replace(ARRIVAL, added={**ARRIVAL.added, "amount": Added("t.cents / 100.0", back={"cents": "t.cents"})})
    steps = expanded(bills, lying)
    place = next(number for number, step in enumerate(steps) if step.name.startswith("reconcile"))
    up(migrator, steps[:place])
    run(engine_url, "alter table public.bills disable trigger _040_keep_both")
    run(engine_url, "update public.bills set amount = 9 where tenant_id = %s", OTHER)

    with pytest.raises(Conflicts, match=f"tenant {OTHER}: amount has 9.00, the services' own 0.03"):
        up(migrator, steps)


def test_status_that_services_write_stays_allowed_and_rules_over_it_wait(migrator: Url, engine_url: Url) -> None:
    course = transitions("public.bills", "state", "bills_state_must_follow_its_course", "no", OPEN="PAID", PAID="")
    steps = (*STEPS, once_contracted(course))
    up(migrator, steps)
    up(migrator, steps)

    run(engine_url, "update public.bills set state = 'new'")
    assert ledger_of(migrator, course.name) == []
    # The contract stage ends with the trigger that keeps both shapes; then the rule is due.
    run(engine_url, "drop trigger _040_keep_both on public.bills")
    with session(migrator) as connection:
        due = {step.name for step in needed.taken(connection, REVISION, steps, ledger.read(connection))}
    assert course.name in due


def ledger_of(url: Url, step: str) -> list[tuple[Any, ...]]:
    with session(url) as connection:
        return connection.execute("select outcome from ttdb.ledger where step = %s", (step,)).fetchall()


def test_table_that_is_missing_is_made_whole_and_nothing_else_is_done_or_recorded(
    migrator: Url, engine_url: Url
) -> None:
    run(engine_url, "drop table public.bills")

    up(migrator)

    with session(migrator) as connection:
        query = "select step, outcome from ttdb.ledger where revision = %s order by recorded_at"
        assert connection.execute(query, (REVISION,)).fetchall() == [
            ("table-bills", "done"),
            ("protect-public-bills", "done"),
        ]
    # What is changed in it from then on is no arrival.
    run(engine_url, "alter table public.bills drop column search")
    up(migrator)
    assert scalar_of(engine_url, "select count(*) from ttdb.ledger where revision = %s", REVISION) == 2


def scalar_of(url: Url, query: LiteralString, *values: object) -> Any:  # noqa: ANN401 - whatever it asks
    with connect(url) as admin:
        return scalar(admin, query, values)


@pytest.mark.usefixtures("migrator")
def test_type_that_does_not_serve_is_a_conflict(engine_url: Url) -> None:
    run(engine_url, "alter table public.bills alter column state drop default")
    run(engine_url, "alter table public.bills alter column state type integer using null")
    (aside,) = [step for step in expanded(bills, ARRIVAL) if step.name.startswith("aside")]

    found = asked(engine_url, aside.conflicts or "")

    assert [detail for _, detail, _ in found] == ["column state is integer, not text"]


def test_word_that_is_not_known_in_the_file_is_named(tmp_path: Any) -> None:  # noqa: ANN401 - pytest's path
    file = tmp_path / "bills.toml"
    file.write_text("[added.amount]\nvalues = '1'\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"added\.amount\.values is unknown"):
        read_arrival(file)
