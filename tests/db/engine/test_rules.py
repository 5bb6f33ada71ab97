"""What may follow what, and what is written once: the engine's verbs on tables that it does not know."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from ttdb.migrate.steps import rule_by_trigger, transitions, written_once
from ttdb.postgres.connect import Connection, scalar

DOORS = """
set role ttdb_owner;
create table public."Odd ""doors" (id int primary key, "the State" text, built date, "it's" text);
insert into public."Odd ""doors" values (1, 'OPEN', '2020-01-01', 'a'), (2, null, null, null);
"""
PARTED = """
set role ttdb_owner;
create table public.runs (id int not null, day int not null, state text not null, code text, primary key (id, day))
partition by range (day);
create table public.runs_1 partition of public.runs for values from (0) to (10);
create table public.runs_2 partition of public.runs for values from (10) to (20);
insert into public.runs values (1, 1, 'NEW', 'x');
"""
ODD = 'public."Odd ""doors"'
COURSE = '{"OPEN": ["CLOSED"], "CLOSED": ["OPEN", "it\'s \\\\ locked"], "it\'s \\\\ locked": []}'
MERGE: LiteralString = (
    'merge into public."Odd ""doors" as d using (values (1)) as v (id) on v.id = d.id'
    " when matched then update set \"the State\" = 'LOST'"
)
ALLOW = "select ttdb.allow_transitions(%s, 'the State', 'doors must be \"closed\" to lock', 'close it first', %s)"
KEEP = "select ttdb.keep_values(%s, '{built,\"it''s\"}', 'doors_must_stay_as_built', 'it was built then')"


@pytest.fixture
def doors(database: Connection) -> Connection:
    database.execute(DOORS)
    database.execute(ALLOW, (ODD, COURSE))
    return database


@pytest.fixture
def runs(database: Connection) -> Connection:
    database.execute(PARTED)
    database.execute(
        "select ttdb.allow_transitions('public.runs', 'state', 'runs_state_must_follow_its_course',"
        """ 'a run cannot go there', '{"NEW": ["DONE"], "DONE": []}')"""
    )
    database.execute("select ttdb.keep_values('public.runs', '{code}', 'runs_code_must_stay', 'the code stays')")
    return database


def refused(connection: Connection, statement: LiteralString) -> psycopg.errors.Diagnostic:
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        connection.execute(statement)
    return caught.value.diag


def definitions(connection: Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "select t.tgrelid::regclass::text || t.tgname, pg_get_triggerdef(t.oid) from pg_trigger as t"
        " where not t.tgisinternal order by 1"
    ).fetchall()


def test_refusal_names_rule_table_column_values_and_what_may_follow(doors: Connection) -> None:
    diag = refused(doors, 'update public."Odd ""doors" set "the State" = $$it\'s \\ locked$$ where id = 1')

    assert (diag.constraint_name, diag.schema_name, diag.table_name, diag.column_name) == (
        'doors must be "closed" to lock',
        "public",
        'Odd "doors',
        "the State",
    )
    assert diag.message_primary == "the State of Odd \"doors cannot go from OPEN to it's \\ locked"
    assert diag.message_hint == "From OPEN it can go to CLOSED."
    lookup = "select ttdb.constraint_message(%s, %s, %s)"
    assert scalar(doors, lookup, (diag.constraint_name, diag.schema_name, diag.table_name)) == "close it first"


def test_allowed_change_passes_and_so_does_one_of_other_columns(doors: Connection) -> None:
    doors.execute('update public."Odd ""doors" set built = \'2021-01-01\'')
    doors.execute('update public."Odd ""doors" set "the State" = \'CLOSED\' where id = 1')
    doors.execute('update public."Odd ""doors" set "the State" = $$it\'s \\ locked$$ where id = 1')

    assert refused(doors, 'update public."Odd ""doors" set "the State" = \'OPEN\' where id = 1').message_hint == (
        "it's \\ locked is final."
    )


def test_empty_column_may_take_any_value_and_none_is_emptied(doors: Connection) -> None:
    doors.execute('update public."Odd ""doors" set "the State" = $$it\'s \\ locked$$ where id = 2')

    assert refused(doors, 'update public."Odd ""doors" set "the State" = null where id = 1').message_primary == (
        'the State of Odd "doors cannot go from OPEN to nothing'
    )


def test_upsert_and_merge_keep_to_the_course(doors: Connection) -> None:
    for statement in (
        'insert into public."Odd ""doors" values (1, \'LOST\') on conflict (id) do update set "the State" = \'LOST\'',
        MERGE,
    ):
        assert refused(doors, statement).constraint_name == 'doors must be "closed" to lock'


def test_renamed_column_is_refused_with_what_to_do_rather_than_let_pass(doors: Connection) -> None:
    doors.execute('alter table public."Odd ""doors" rename "the State" to state')
    with pytest.raises(psycopg.Error) as caught:
        doors.execute('update public."Odd ""doors" set state = \'CLOSED\' where id = 1')

    assert caught.value.sqlstate == "TTCOL"
    assert "allow_transitions" in str(caught.value.diag.message_hint)


def test_verb_run_again_changes_nothing_and_with_another_course_replaces_it(doors: Connection) -> None:
    standing = definitions(doors)
    doors.execute(ALLOW, (ODD, COURSE))
    assert definitions(doors) == standing

    doors.execute(ALLOW, (ODD, '{"OPEN": ["LOST"]}'))
    assert len(definitions(doors)) == len(standing)
    doors.execute('update public."Odd ""doors" set "the State" = \'LOST\' where id = 1')


def test_dropped_rule_leaves_nothing_behind(doors: Connection) -> None:
    doors.execute("select ttdb.drop_rule(%s, 'doors must be \"closed\" to lock')", (ODD,))

    assert definitions(doors) == definitions_without(doors, "closed")
    assert scalar(doors, "select count(*) from pg_constraint where contype = 't' and conname ~ 'closed'") == 0
    doors.execute('update public."Odd ""doors" set "the State" = \'LOST\' where id = 1')


def definitions_without(connection: Connection, word: str) -> list[tuple[str, str]]:
    return [(name, text) for name, text in definitions(connection) if word not in name]


def test_filled_column_takes_no_other_value(database: Connection) -> None:
    database.execute(DOORS)
    database.execute(KEEP, (ODD,))
    database.execute('update public."Odd ""doors" set built = built, "it\'s" = \'a\'')
    database.execute('update public."Odd ""doors" set built = \'2022-02-02\' where id = 2')
    diag = refused(database, 'update public."Odd ""doors" set "it\'s" = \'b\', built = null where id = 1')

    assert (diag.constraint_name, diag.column_name) == ("doors_must_stay_as_built", "it's")
    assert diag.message_primary == "it's of Odd \"doors is written once"


@pytest.mark.parametrize("place", ["public.runs", "public.runs_1"])
def test_partitioned_table_keeps_its_rules_on_every_partition(runs: Connection, place: str) -> None:
    table = sql.SQL(".").join(map(sql.Identifier, place.split(".")))
    for change, name in (("state = 'OLD'", "runs_state_must_follow_its_course"), ("code = 'y'", "runs_code_must_stay")):
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            runs.execute(sql.SQL("update {} set {}").format(table, sql.SQL(change)))
        assert (caught.value.diag.constraint_name, caught.value.diag.table_name) == (name, "runs")


def test_row_that_moves_to_another_partition_keeps_to_the_rules(runs: Connection) -> None:
    assert refused(runs, "update public.runs set day = 11, state = 'OLD'").constraint_name == (
        "runs_state_must_follow_its_course"
    )
    assert refused(runs, "update public.runs set day = 11, code = 'y'").constraint_name == "runs_code_must_stay"
    runs.execute("update public.runs set day = 11, state = 'DONE'")


def test_partition_made_or_attached_later_keeps_to_the_rules(runs: Connection) -> None:
    runs.execute(
        "create table public.runs_3 partition of public.runs for values from (20) to (30);"
        "create table public.runs_4 (like public.runs including all);"
        "alter table public.runs attach partition public.runs_4 for values from (30) to (40);"
        "insert into public.runs values (3, 21, 'NEW', 'x'), (4, 31, 'NEW', 'x')"
    )
    for statement in ("update public.runs_3 set state = 'OLD'", "update public.runs_4 set state = 'OLD'"):
        assert refused(runs, statement).table_name == "runs"


@pytest.mark.parametrize(
    "damage",
    [
        "alter table public.runs disable trigger runs_state_must_follow_its_course",
        "alter table public.runs disable trigger _200_runs_state_must_follow_its_course",
        "drop trigger _200_runs_state_must_follow_its_course on public.runs",
        "alter table public.runs rename state to status",
    ],
)
def test_predicate_sees_damage(runs: Connection, damage: LiteralString) -> None:
    holds = (
        "select ttdb.has_transitions('public.runs', 'state', 'runs_state_must_follow_its_course',"
        """ '{"NEW": ["DONE"], "DONE": []}')"""
    )
    assert scalar(runs, holds) is True
    runs.execute(damage)
    assert scalar(runs, holds) is False


def test_steps_hold_after_up_and_leave_the_table_as_it_was_after_down(database: Connection) -> None:
    database.execute(PARTED)
    database.execute("create function public.tg__pass() returns trigger language plpgsql as 'begin return null; end'")
    steps = [
        transitions("public.runs", "state", "runs_must_go_on", "no", NEW="DONE OLD", DONE=""),
        written_once("public.runs", "code day", "runs_must_stay", "no"),
        rule_by_trigger("runs_must_add_up", "no", "public.tg__pass()", {"public.runs": "insert or delete"}),
    ]
    before = definitions(database)
    for step in steps:
        assert scalar(database, step.holds) is False
        database.execute(sql.SQL(step.up[0]))
        assert scalar(database, step.holds) is True
    assert len(definitions(database)) > len(before)
    for step in reversed(steps):
        database.execute(sql.SQL(step.down[0]))
        assert scalar(database, step.holds) is False

    assert definitions(database) == before


@pytest.mark.parametrize(
    ("call", "sqlstate"),
    [
        ("""allow_transitions('pg_catalog.pg_views', 'x', 'r', 'm', '{}')""", "TTTAB"),
        ("""allow_transitions('public.runs_1', 'state', 'r', 'm', '{}')""", "TTPRT"),
        ("""allow_transitions('public.runs', 'nothing', 'r', 'm', '{}')""", "TTCOL"),
        ("""allow_transitions('public.runs', 'state', repeat('r', 59)::name, 'm', '{}')""", "TTNAM"),
        ("""allow_transitions('public.runs', 'state', '', 'm', '{}')""", "TTNAM"),
        ("""allow_transitions('public.runs', 'state', 'runs_pkey', 'm', '{}')""", "TTNAM"),
        ("""allow_transitions('public.runs', 'state', 'r', ' ', '{}')""", "TTMSG"),
        ("""allow_transitions('public.runs', 'state', 'r', 'm', '[]')""", "TTTRN"),
        ("""allow_transitions('public.runs', 'state', 'r', 'm', '{"NEW": "DONE"}')""", "TTTRN"),
        ("""allow_transitions('public.runs', 'state', 'r', 'm', '{"NEW": [1]}')""", "TTTRN"),
        ("""allow_transitions('public.runs', 'state', 'r', 'm', null)""", "TTTRN"),
        ("""keep_values('public.runs', '{}', 'r', 'm')""", "TTCOL"),
        ("""keep_values('public.runs', '{code,nothing}', 'r', 'm')""", "TTCOL"),
    ],
)
def test_verb_refuses_with_what_to_do(runs: Connection, call: LiteralString, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        runs.execute("select ttdb." + call)

    assert caught.value.sqlstate == sqlstate
    assert caught.value.diag.message_hint


# Messages.


def test_message_of_a_partitions_key_is_its_parents(runs: Connection) -> None:
    runs.execute("comment on constraint runs_pkey on public.runs is 'this run exists already'")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        runs.execute("insert into public.runs values (1, 1, 'NEW')")
    diag = caught.value.diag

    assert diag.table_name == "runs_1"
    found = scalar(
        runs,
        "select ttdb.constraint_message(%s, %s, %s)",
        (diag.constraint_name, diag.schema_name, diag.table_name),
    )
    assert found == "this run exists already"


def test_message_of_a_unique_index_is_the_last_part_of_its_comment(database: Connection) -> None:
    database.execute(
        "create unique index notes_email_idx on public.notes (email) where email <> '';"
        "comment on index public.notes_email_idx is 'notes by address; the address has a note already'"
    )

    assert scalar(database, "select ttdb.constraint_message('notes_email_idx')") == "the address has a note already"


def test_unknown_name_has_no_message(database: Connection) -> None:
    assert scalar(database, "select ttdb.constraint_message('no_such_rule')") is None
    assert scalar(database, "select ttdb.constraint_message('notes_pkey', 'public', 'elsewhere')") is None


def test_one_name_on_two_tables_needs_the_table_where_their_messages_differ(database: Connection) -> None:
    database.execute(
        "create table public.a (x int constraint rule_must_hold check (x > 0));"
        "create table public.b (x int constraint rule_must_hold check (x > 1));"
        "comment on constraint rule_must_hold on public.a is 'one';"
        "comment on constraint rule_must_hold on public.b is 'two'"
    )

    assert scalar(database, "select ttdb.constraint_message('rule_must_hold')") is None
    assert scalar(database, "select ttdb.constraint_message('rule_must_hold', 'public', 'b')") == "two"


@pytest.mark.parametrize("names", [("constraint_name",), ("constraint_name", "schema_name")])
def test_message_planted_in_a_temporary_table_is_not_told(database: Connection, names: tuple[str, ...]) -> None:
    database.execute(
        "create table public.a (x int constraint rule_must_hold check (x > 0));"
        "comment on constraint rule_must_hold on public.a is 'one';"
        "create temporary table b (x int not null constraint rule_must_hold check (x > 1));"
        "comment on constraint rule_must_hold on b is 'call this number'"
    )
    schema = scalar(database, "select nspname::text from pg_namespace where oid = pg_my_temp_schema()")
    fields = ("rule_must_hold", schema)[: len(names)]
    found = scalar(database, "select ttdb.constraint_message(%s, %s)", (*fields, None)[:2])

    assert found == ("one" if len(names) == 1 else None)
    assert scalar(database, "select ttdb.constraint_message(null, %s, 'b', 'x')", (schema,)) is None
