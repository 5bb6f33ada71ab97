"""A table in use that is to be in months stands whole while it is expanded, is converted then, and comes back."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any, LiteralString

import pytest
import sqlalchemy as sa
from psycopg import errors as pg
from support.catalog import catalog
from support.databases import connect, fresh_login
from support.kills import killed_after_one_step

from ttdb.errors import Conflicts
from ttdb.migrate.arrival import Added, Arrival
from ttdb.migrate.columns import (
    TEXT,
    created_at,
    metadata,
    monthly_keys,
    optional,
    required,
    rule,
    server_id,
    standing,
    tenant_id,
)
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.preflight import conflicts, planned_of
from ttdb.migrate.runner import Runner
from ttdb.migrate.steps import (
    Unique,
    audited,
    beside_writers,
    expanded,
    monthly_index,
    months_once_contracted,
    protected,
    table,
)
from ttdb.model.migration import Event, OnEvent, silent
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

REVISION = "test_0001"
ONE = "11111111-1111-4111-8111-111111111111"
ROWS = 3000

PUBLIC = metadata()
standing("tenants", PUBLIC)
notes = sa.Table(
    "notes",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("body", TEXT, "what it says"),
    required("kind", TEXT, "NOTE or TASK", default="'NOTE'"),
    optional("ref", TEXT, "another system's name for it; used once, by whomever"),
    optional("request", sa.UUID(), "of whoever wrote it, once within a tenant"),
    created_at(),
    *monthly_keys("public.tenants", "created_at"),
    rule("notes_kind_must_be_known", "kind in ('NOTE', 'TASK')", "the kind is unknown"),
    comment="what people write down",
    postgresql_partition_by="RANGE (created_at)",
)
ARRIVAL = Arrival(
    added={
        "body": Added("t.words", back={"words": "t.body"}),
        "ref": Added("t.token", back={"token": "t.ref"}),
    },
    whole="services look it up by its id alone",
    unique=("notes_token_unique", "notes_request_key"),
)
BEFORE: LiteralString = """
create table public.notes (
    id uuid primary key default gen_random_uuid(), tenant_id uuid not null,
    words text not null, kind varchar(10) default 'NOTE', created_at timestamptz default now(),
    token varchar(40) constraint notes_token_unique unique deferrable, request uuid
);
comment on constraint notes_token_unique on public.notes is 'one token, one note';
create unique index notes_request_key on public.notes (tenant_id, request) where request is not null;
create index notes_words_idx on public.notes (words);
create table public.note_costs (
    note_id uuid not null constraint note_costs_note_id_foreign references public.notes (id) on delete cascade,
    cents integer
);
comment on constraint note_costs_note_id_foreign on public.note_costs is 'of a note';
"""
ONCE = (
    Unique(("ref",), "another note has this name", across_tenants=True),
    Unique(("request",), "this request has made its note"),
)
MONTHS = months_once_contracted("public.notes", "created_at", retention="2 years", referenced_by="id", unique=ONCE)
REST = (
    *beside_writers(
        monthly_index("notes_kind_idx", "public.notes", "(tenant_id, kind, created_at)", comment="notes-of-kind: all")
    ),
    protected("public.notes", definer="select"),
    audited("public.notes"),
    *MONTHS,
)
STEPS = (*expanded(notes, ARRIVAL, unique=ONCE), *REST)
(NOTES,) = [step.contraction for step in STEPS if step.contraction]
WAITED = len(MONTHS)


@pytest.fixture
def migrator(engine_url: Url) -> Iterator[Url]:
    """Return a plain login in a database whose notes of four months are expanded."""
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        with connect(engine_url) as admin:
            admin.execute("set role ttdb_operator")
            admin.execute("insert into public.tenants (id, name, slug) values (%s, 'T', 't')", (ONE,))
            admin.execute("set role ttdb_owner")
            admin.execute(BEFORE)
            admin.execute(
                "insert into public.notes (tenant_id, words, created_at, token, request)"
                " select %s, 'A-' || n, timestamptz '2026-01-01' + n * interval '1 hour',"
                " case when n %% 3 > 0 then 'T-' || n end, case when n %% 2 > 0 then gen_random_uuid() end"
                " from pg_catalog.generate_series(1, %s) as n",
                (ONE, ROWS),
            )
            admin.execute("insert into public.note_costs select id, 5 from public.notes where words like '%7'")
        url = engine_url.with_parts(user=login, password=password)
        with session(url) as connection:
            Runner(connection, Courtesy()).up(REVISION, STEPS)
        yield url


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


def contract(url: Url, on_event: OnEvent = silent) -> None:
    with session(url) as connection:
        runner = Runner(connection, Courtesy(), on_event)
        runner.up(NOTES.revision, NOTES.steps)
        runner.up(REVISION, STEPS)


def contract_to(url: Url, steps: int) -> None:
    """Run so many steps of it."""
    with session(url) as connection:
        Runner(connection, Courtesy()).up(NOTES.revision, NOTES.steps[:steps])


def undo(url: Url, on_event: OnEvent = silent) -> None:
    with session(url) as connection:
        runner = Runner(connection, Courtesy(), on_event)
        runner.down(REVISION, MONTHS)
        runner.down(NOTES.revision, NOTES.steps)


def asked(url: Url, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    """Return the answer to an admin, who sees all."""
    with connect(url) as admin:
        return admin.execute(query, values or None).fetchall()


def rows(url: Url) -> list[tuple[Any, ...]]:
    return asked(
        url,
        "select to_jsonb(n) from public.notes n union all select to_jsonb(c) from public.note_costs c order by 1",
    )


def leaves(url: Url) -> dict[str, int]:
    """Return how many rows lie in which partition."""
    query: LiteralString = "select tableoid::regclass::text, count(*) from public.notes group by 1 order by 1"
    return dict(asked(url, query))


def test_expanded_it_stands_whole_and_contracted_its_rows_lie_in_months(migrator: Url, engine_url: Url) -> None:
    assert leaves(engine_url) == {"notes": ROWS}

    contract(migrator)

    found = leaves(engine_url)
    assert list(found) == [f"notes_2026_0{month}" for month in (1, 2, 3, 4, 5)]
    assert sum(found.values()) == ROWS
    with connect(engine_url) as admin:
        key = admin.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'public.notes'::regclass"
            " and contype = 'p'"
        ).fetchall()
        admin.execute("set role ttdb_operator")
        admin.execute("insert into public.notes (tenant_id, body) values (%s, 'B')", (ONE,))
    assert key == [("PRIMARY KEY (id, created_at)",)]
    assert asked(engine_url, "select retired_words from public.notes where body = 'B'") == [(None,)]


def test_way_back_ends_in_the_table_that_was_expanded_with_what_was_written_since(
    migrator: Url, engine_url: Url
) -> None:
    expanded_one, before = catalog(engine_url), rows(engine_url)
    contract(migrator)
    with connect(engine_url) as admin:
        admin.execute("insert into public.notes (tenant_id, body) values (%s, 'B')", (ONE,))

    undo(migrator)

    assert set(catalog(engine_url)) ^ set(expanded_one) == set()
    assert asked(engine_url, "delete from public.notes where words = 'B' returning body") == [("B",)]
    assert rows(engine_url) == before


def test_what_pointed_at_its_id_alone_goes_on_pointing_at_it(migrator: Url, engine_url: Url) -> None:
    costs = "select count(*) from public.note_costs"
    (before,) = asked(engine_url, costs)
    contract(migrator)
    known = (
        "select conname::text, convalidated, pg_get_constraintdef(oid), obj_description(oid) from pg_constraint"
        " where conrelid = 'public.note_costs'::regclass and contype = 'f'"
    )
    assert asked(engine_url, known) == [
        (
            "note_costs_note_id_foreign",
            True,
            "FOREIGN KEY (note_id) REFERENCES notes_id_keys(id) ON DELETE CASCADE",
            "of a note",
        )
    ]

    with connect(engine_url) as admin:
        with pytest.raises(pg.ForeignKeyViolation):
            admin.execute("insert into public.note_costs values (gen_random_uuid(), 1)")
        with pytest.raises(pg.UniqueViolation, match="notes_id_key"):
            admin.execute(
                "insert into public.notes (id, tenant_id, body, created_at)"
                " select id, tenant_id, body, created_at + interval '1 month' from public.notes limit 1"
            )
        with pytest.raises(pg.CheckViolation, match="created_at of notes is written once"):
            admin.execute("update public.notes set created_at = created_at + interval '1 month' where body = 'A-7'")
        assert asked(engine_url, costs) == [before]
        admin.execute("delete from public.notes where body = 'A-7'")
    assert asked(engine_url, costs) == [(before[0] - 1,)]


def test_killed_between_any_two_steps_it_ends_the_same_both_ways(migrator: Url, engine_url: Url) -> None:
    found, before = catalog(engine_url), rows(engine_url)
    contract(migrator)
    undisturbed = catalog(engine_url)
    undo(migrator)

    kills = 0
    while killed_after_one_step(contract, migrator):
        kills += 1

    assert kills == len(NOTES.steps) + WAITED
    assert catalog(engine_url) == undisturbed
    while killed_after_one_step(undo, migrator):
        kills += 1
    assert kills == 2 * (len(NOTES.steps) + WAITED)
    assert (catalog(engine_url), rows(engine_url)) == (found, before)


def test_writers_go_on_meanwhile_and_nothing_of_theirs_is_lost(migrator: Url, engine_url: Url) -> None:
    over, longest = threading.Event(), [0.0]

    def write() -> int:
        written = 0
        with connect(engine_url) as service:
            service.execute("set role ttdb_operator")
            while not over.is_set():
                begun = time.monotonic()
                service.execute("insert into public.notes (tenant_id, body) values (%s, 'W')", (ONE,))
                service.execute("update public.notes set kind = 'TASK' where body = %s", (f"A-{written % ROWS + 1}",))
                longest[0] = max(longest[0], time.monotonic() - begun)
                written += 1
        return written

    with session(migrator) as connection:
        Runner(connection, Courtesy()).up(NOTES.revision, NOTES.steps)
    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        try:
            contract(migrator)
        finally:
            over.set()
        written = writing.result(timeout=30)

    assert written > 10
    assert asked(engine_url, "select count(*) from public.notes where body = 'W'") == [(written,)]
    tasks = asked(engine_url, "select count(*) from public.notes where kind = 'TASK'")
    assert tasks == [(min(written, ROWS),)]
    assert longest[0] < 2


def test_no_value_comes_twice_at_any_moment_there_and_back(migrator: Url, engine_url: Url) -> None:
    """While one inserts what others have, and another gives names up, takes new ones, and writes the old ones anew."""
    over = threading.Event()
    insert: LiteralString = (
        "insert into public.notes (tenant_id, body, ref, request, created_at) values (%s, 'W', %s, %s, %s)"
    )

    def repeat() -> int:
        refused = 0
        with connect(engine_url) as service:
            service.execute("set role ttdb_operator")
            known = service.execute("select ref, request from public.notes where ref is not null").fetchall()
            while not over.is_set():
                ref, request = known[refused % len(known)]
                for values in ((ref, None), (None, request)):
                    with pytest.raises(pg.UniqueViolation) if any(values) else nullcontext():
                        service.execute(insert, (ONE, *values, f"2026-0{refused % 5 + 1}-11"))
                refused += 1
        return refused

    def rename() -> int:
        renamed = 0
        with connect(engine_url) as service:
            service.execute("set role ttdb_operator")
            while not over.is_set():
                body, old, new = f"A-{renamed % (ROWS // 3) * 3 + 3}", f"N-{renamed}", f"M-{renamed}"
                service.execute("update public.notes set ref = %s where body = %s", (old, body))
                service.execute("update public.notes set ref = %s where body = %s", (new, body))
                service.execute(insert, (ONE, old, None, "2026-02-11"))  # nobody has it any more
                renamed += 1
        return renamed

    with ThreadPoolExecutor() as pool:
        writing = [pool.submit(repeat), pool.submit(rename)]
        try:
            contract(migrator)
            apart = asked(
                engine_url,
                "select count(*) from ((select ref, id, tenant_id, created_at from public.notes where ref is not null"
                " except select ref, id, tenant_id, created_at from public.notes_ref_keys) union all"
                " (select ref, id, tenant_id, created_at from public.notes_ref_keys"
                " except select ref, id, tenant_id, created_at from public.notes)) as apart",
            )
            undo(migrator)
        finally:
            over.set()
        counts = [each.result(timeout=30) for each in writing]

    assert min(counts) > 10
    assert apart == [(0,)]
    assert asked(engine_url, "select count(*) - count(distinct ref) from public.notes where ref is not null") == [(0,)]
    unique = (
        "select relname::text, indisvalid from pg_index join pg_class on oid = indexrelid where indrelid = %s::regclass"
    )
    assert asked(engine_url, unique + " and indisunique and not indisprimary order by 1", "public.notes") == [
        ("notes_request_key", True),
        ("notes_token_unique", True),
    ]


def test_value_that_is_given_up_while_keys_are_entered_is_free(migrator: Url, engine_url: Url) -> None:
    place = [step.name for step in NOTES.steps].index("fill-notes-ref-key")
    contract_to(migrator, place)
    waits: LiteralString = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    with connect(engine_url) as service, ThreadPoolExecutor() as pool:
        with service.transaction():
            service.execute("update public.notes set ref = 'X' where body = 'A-1'")
            filling = pool.submit(contract_to, migrator, place + 1)
            deadline = time.monotonic() + 20
            while not filling.done() and asked(engine_url, waits) == [(0,)] and time.monotonic() < deadline:
                time.sleep(0.01)
        filling.result(timeout=30)

    assert asked(engine_url, "select ref from public.notes_ref_keys where ref in ('X', 'T-1')") == [("X",)]


def test_rows_with_one_key_that_came_since_they_were_looked_for_are_named(migrator: Url, engine_url: Url) -> None:
    place = [step.name for step in NOTES.steps].index("keep-notes-ref-key")
    contract_to(migrator, place)
    with connect(engine_url) as admin:  # they come where nothing of its own keeps them apart
        admin.execute("alter table public.notes drop constraint notes_token_unique")
        admin.execute("update public.notes set ref = 'T-1' where body = 'A-2'")
    twice = asked(engine_url, "select id::text from public.notes where ref = 'T-1' order by 1")

    with pytest.raises(Conflicts, match="2 rows break notes_ref_key: ") as refused:
        contract_to(migrator, place + 2)

    assert all(f"id={row}" in str(refused.value) for (row,) in twice)
    with connect(engine_url) as admin:
        admin.execute("update public.notes set ref = 'T-2' where body = 'A-2'")
    contract_to(migrator, place + 2)
    assert asked(engine_url, "select count(*) from public.notes_ref_keys where ref in ('T-1', 'T-2')") == [(2,)]


@contextmanager
def of_before(url: Url, level: LiteralString = "repeatable read") -> Iterator[Connection]:
    """Open a transaction that goes on seeing what there is now."""
    with connect(url, autocommit=False) as service:
        service.execute(f"set transaction isolation level {level}")
        service.execute("set local role ttdb_operator")
        service.execute("select count(*) from public.tenants")
        yield service


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize(
    "change", ["update public.notes set ref = 'X' where body = 'A-1'", "delete from public.notes where body = 'A-1'"]
)
def test_who_looked_before_keys_were_entered_leaves_none_behind(
    migrator: Url, engine_url: Url, change: LiteralString, level: LiteralString
) -> None:
    """His sight has the row, which was not changed since, and not its key; he is told to try again."""
    place = [step.name for step in NOTES.steps].index("fill-notes-ref-key")
    contract_to(migrator, place)
    with of_before(engine_url, level) as service:
        contract_to(migrator, place + 1)
        with pytest.raises(pg.SerializationFailure):
            service.execute(change)

    with connect(engine_url) as again:
        again.execute(change)

    assert asked(engine_url, "select ref from public.notes_ref_keys where ref in ('X', 'T-1')") == (
        [("X",)] if change.startswith("update") else []
    )


def test_who_looked_before_gives_up_what_no_key_was_entered_of_yet(migrator: Url, engine_url: Url) -> None:
    place = [step.name for step in NOTES.steps].index("fill-notes-ref-key")
    contract_to(migrator, place)
    with of_before(engine_url) as service:
        service.execute("update public.notes set ref = 'X' where body = 'A-1'")
        service.execute("update public.notes set ref = 'T-1' where body = 'A-3'")  # it had none, and this one is free
        service.execute("delete from public.notes where body = 'A-2'")

    contract_to(migrator, place + 1)

    kept = "select ref from public.notes_ref_keys where ref in ('X', 'T-1', 'T-2') order by 1"
    assert asked(engine_url, kept) == [("T-1",), ("X",)]


def test_who_looked_before_keys_were_kept_at_all_is_told_to_try_again(migrator: Url, engine_url: Url) -> None:
    place = [step.name for step in NOTES.steps].index("keep-notes-ref-key")
    with of_before(engine_url) as service:
        contract_to(migrator, place + 1)
        with pytest.raises(pg.SerializationFailure, match="came to be kept since the transaction began"):
            service.execute("insert into public.notes (tenant_id, body, ref) values (%s, 'W', 'X')", (ONE,))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("create publication notes_out for table public.notes", "publication notes_out holds it"),
        (
            "alter table public.notes add constraint notes_words_short check (length(words) < 99) not valid",
            "constraint notes_words_short is an exclusion, or not validated",
        ),
        ("create materialized view public.old as select id from public.notes", "materialized view"),
    ],
)
def test_what_keeps_it_from_months_is_named_before_anything_is_retired(
    migrator: Url, engine_url: Url, statement: LiteralString, reason: str
) -> None:
    with connect(engine_url) as admin:
        admin.execute(statement)

    with session(migrator) as connection:
        found = conflicts(item for item, _ in planned_of(connection, NOTES.revision, NOTES.steps))

    assert [conflict.object for conflict in found] == ["public.notes"]
    assert reason in found[0].detail


def test_nothing_of_the_contract_stage_itself_keeps_it_from_months(migrator: Url) -> None:
    """A run that is begun again after a kill looks at what the one before had made."""
    for count in range(len(NOTES.steps)):
        contract_to(migrator, count)
        with session(migrator) as connection:
            assert conflicts(item for item, _ in planned_of(connection, NOTES.revision, NOTES.steps)) == ()


@pytest.mark.parametrize("name", ["point-public-notes", "exchange-public-notes"])
def test_foreign_keys_move_behind_those_who_write_the_table(migrator: Url, engine_url: Url, name: str) -> None:
    """Who writes a row has its table, then the key table and what points there: another order never ends well."""
    strong: LiteralString = (
        "select distinct relation::regclass::text from pg_locks where pid = pg_backend_pid() and granted"
        " and mode in ('ShareRowExclusiveLock', 'AccessExclusiveLock') and relation in"
        " ('public.notes'::regclass, 'public.note_costs'::regclass, 'public.notes_id_keys'::regclass)"
    )

    def locked_first(statements: tuple[str, ...]) -> list[tuple[Any, ...]]:
        with connect(engine_url) as admin, admin.transaction(force_rollback=True):
            admin.execute("set local role ttdb_owner")
            for statement in statements:
                admin.execute(statement.encode())
                if locked := admin.execute(strong).fetchall():
                    return locked
        return []

    place = [step.name for step in STEPS].index(name)
    with session(migrator) as connection:
        Runner(connection, Courtesy()).up(NOTES.revision, NOTES.steps)
        Runner(connection, Courtesy()).up(REVISION, STEPS[:place])
        assert locked_first(STEPS[place].up) == [("notes",)]
        Runner(connection, Courtesy()).up(REVISION, STEPS[: place + 1])
        assert locked_first(STEPS[place].down) == [("notes",)]


def test_who_looked_before_goes_on_pointing_at_rows_and_is_waited_for(migrator: Url, engine_url: Url) -> None:
    """The key table that he would be looked up in, the moment foreign keys point at it, is empty to him."""
    with connect(engine_url) as admin:
        admin.execute(f"grant pg_read_all_stats to {migrator.part('user')}".encode())
    events: list[Event] = []
    pointed: LiteralString = "insert into public.note_costs select id, 7 from public.notes where body = 'A-1'"
    with of_before(engine_url) as service, ThreadPoolExecutor() as pool:
        contracting = pool.submit(contract, migrator, events.append)
        deadline = time.monotonic() + 30
        while not any(event.kind == "retry" for event in events) and time.monotonic() < deadline:
            assert not contracting.done()
            time.sleep(0.01)
        service.execute("set local role none")
        service.execute(pointed)
        service.commit()
        contracting.result(timeout=60)

    waited = {str(event.facts["step"]) for event in events if event.kind == "retry"}
    assert "point-public-notes" in waited
    assert asked(engine_url, "select count(*) from public.note_costs where cents = 7") == [(1,)]


def test_table_that_was_made_in_months_has_nothing_to_convert(engine_url: Url) -> None:
    done: list[str] = []
    with (
        fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password),
        session(engine_url.with_parts(user=login, password=password)) as connection,
    ):
        runner = Runner(connection, Courtesy(), lambda event: done.append(str(event.facts.get("step"))))
        runner.up(REVISION, (table(notes), *REST))

    assert [name for name in done if name != "None"] == [
        "table-notes",
        "index-notes-kind-idx",
        "protect-public-notes",
        "audit-public-notes",
        "unique-public-notes-ref",
        "unique-public-notes-request",
        "months-public-notes",
    ]
