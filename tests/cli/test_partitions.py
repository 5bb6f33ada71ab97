"""ttdb partitions: months made ahead, listed and retired by an operator, and refused where the data must stay."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from support.databases import connect, fresh_database, fresh_login
from support.program import ttdb

from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

TABLES = 5


@pytest.fixture
def operator(server: Throwaway, head_template: str) -> Iterator[Url]:
    """Return a database at head, as a login that is an operator and nothing more."""
    with (
        fresh_login(server.url, member_of=("ttdb_operator",)) as (login, password),
        fresh_database(server.url, template=head_template) as url,
    ):
        yield url.with_parts(user=login, password=password)


def text(url: Url) -> str:
    return f"postgresql://{url.part('user')}:{url.part('password')}@{url.part('host')}:{url.part('port')}/{url.part('dbname')}"


def months(connection: Connection) -> int:
    return int(
        scalar(
            connection,
            "select count(*) from ttdb.partitioned_tables as p, ttdb.months_of(p.relation) as m"
            " where state = 'attached'",
        )
    )


def test_ensure_makes_this_month_and_those_ahead_once(operator: Url) -> None:
    planned = ttdb("partitions", "ensure", "--plan", "--url", text(operator))
    assert planned.code == 0, planned.err
    assert planned.out.endswith(f"{TABLES * 4} months to make. Nothing was changed.\n")

    made = ttdb("partitions", "ensure", "--url", text(operator))
    again = ttdb("partitions", "ensure", "--url", text(operator), "--format", "json")

    assert made.code == 0, made.err
    assert made.out == f"{TABLES * 4} months made.\n"
    this = datetime.now(UTC).strftime("%Y-%m")
    assert f"public.payment_transactions {this}: made" in made.err
    assert made.err.startswith("database: ")
    assert str(operator.part("password")) not in made.err + made.out
    assert json.loads(again.out) == {"schema": "ttdb.partitions/1", "plan": False, "made": []}


def test_ensure_refuses_a_mistyped_year(operator: Url) -> None:
    refused = ttdb("partitions", "ensure", "--from", "1025-01", "--to", "2025-01", "--url", text(operator))

    assert refused.code == 2
    assert "error: from 1025-01 to 2025-01 are more than 100 years of months" in refused.err
    assert "hint: Look at the years of --from and --to" in refused.err


@pytest.mark.parametrize("command", ["list", "ensure", "retire"])
def test_login_that_is_no_operator_is_told_the_grant(server: Throwaway, head_template: str, command: str) -> None:
    with (
        fresh_login(server.url) as (login, password),
        fresh_database(server.url, template=head_template) as url,
    ):
        ended = ttdb("partitions", command, "--url", text(url.with_parts(user=login, password=password)))

    assert ended.code == 2, ended.out
    assert f'login "{login}" is no member of ttdb_operator' in ended.err
    assert re.search(rf'hint: Have an admin run: grant ttdb_operator to "?{login}"?;', ended.err), ended.err


def test_ensure_takes_a_range_and_the_setting(operator: Url) -> None:
    ranged = ttdb("partitions", "ensure", "--from", "2025-01", "--to", "2026-03", "--url", text(operator))
    ahead = ttdb("partitions", "ensure", "--url", text(operator), env={"TTDB_MONTHS_AHEAD": "0"})

    assert ranged.out == f"{TABLES * 15} months made.\n", ranged.err
    assert ahead.out in (f"{TABLES} months made.\n", "nothing to do: every month stands\n")


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (("--from", "9990-01"), "error: --from 9990-01 is after ", "--from 9990-01 --to 9990-01."),
        (("--to", "2020-01"), "error: --to 2020-01 is before ", "--from 2020-01 --to 2020-01."),
        (("--from", "2020-02", "--to", "2020-01"), "error: 2020-01 is before 2020-02", "the last with --to."),
    ],
)
def test_ensure_says_which_end_of_a_range_is_missing(
    flags: tuple[str, ...], message: str, hint: str, operator: Url
) -> None:
    ended = ttdb("partitions", "ensure", *flags, "--url", text(operator))

    assert ended.code == 2
    assert message in ended.err
    assert ended.err.endswith(f"{hint}\n")
    assert ended.out == ""


def test_a_retired_month_is_said_to_be_attached_again(operator: Url) -> None:
    month = ("--from", "2016-03", "--to", "2016-03", "--url", text(operator))
    ttdb("partitions", "ensure", *month)
    ttdb("partitions", "retire", "public.event_logs", "--url", text(operator))

    planned = ttdb("partitions", "ensure", "--plan", *month)
    again = ttdb("partitions", "ensure", *month)

    assert planned.out == "public.event_logs  2016-03  attach again\n1 month to attach again. Nothing was changed.\n"
    assert again.out == "1 month attached again.\n"
    assert "public.event_logs 2016-03: attached again (" in again.err


def test_list_shows_months_and_what_waits_in_default(operator: Url, server: Throwaway) -> None:
    admin = server.url.with_parts(dbname=operator.part("dbname"))
    with connect(admin) as connection:
        connection.execute("insert into public.tenants (name, slug) values ('A', 'a')")
        connection.execute(
            "insert into public.event_logs (tenant_id, timestamp, service, event_type)"
            " select id, '2024-05-05', 's', 'e' from public.tenants, generate_series(1, 3)"
        )
    ttdb("partitions", "ensure", "--from", "2016-03", "--to", "2016-03", "--url", text(operator))
    retired = ttdb(
        "partitions", "retire", "public.payment_transactions", "--before", "2018-01", "--url", text(operator)
    )
    assert retired.code == 0, retired.err

    shown = ttdb("partitions", "list", "--url", text(operator))
    found = json.loads(ttdb("partitions", "list", "--url", text(operator), "--format", "json").out)["partitions"]

    lines = [line.split() for line in shown.out.splitlines()]
    assert lines[0] == ["table", "month", "state", "rows", "size", "partition"]
    assert ["public.event_logs", "2024-05", "waiting", "3", "public.event_logs_default"] in lines
    assert {(item["leaf"], item["state"]) for item in found if item["table"] == "public.payment_transactions"} == {
        ("public.payment_transactions_default", "default"),
        ("public.payment_transactions_2016_03", "retired"),
    }


def test_list_counts_rows_of_no_month(operator: Url, server: Throwaway) -> None:
    with connect(server.url.with_parts(dbname=operator.part("dbname"))) as connection:
        connection.execute(
            "insert into public.tenants (name, slug) values ('A', 'a');"
            " insert into public.event_logs (tenant_id, timestamp, service, event_type)"
            " select id, t, 's', 'e' from public.tenants,"
            " unnest('{2024-05-05,0044-03-15 BC,12000-01-01}'::timestamptz[]) as t;"
            " create table public.old partition of public.event_logs"
            " for values from ('0044-04-01 00:00+00 BC') to ('0044-05-01 00:00+00 BC')"
        )

    shown = ttdb("partitions", "list", "--url", text(operator))
    found = json.loads(ttdb("partitions", "list", "--url", text(operator), "--format", "json").out)["partitions"]

    assert shown.code == 0, shown.err
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["public.event_logs", "2024-05", "waiting", "1", "public.event_logs_default"] in lines
    assert ["public.event_logs", "never", "waiting", "2", "public.event_logs_default"] in lines
    logs = [item for item in found if item["table"] == "public.event_logs"]
    waiting = [(item["month"], item["rows"]) for item in logs if item["state"] == "waiting"]
    assert waiting == [("2024-05-01", 1), (None, 2)]
    assert [item["state"] for item in found if item["leaf"] == "public.old"] == ["other"]


def test_retire_says_when_a_month_may_go_beyond_the_year_9999(operator: Url) -> None:
    ttdb("partitions", "ensure", "--from", "9999-11", "--to", "9999-11", "--url", text(operator))

    refused = ttdb("partitions", "retire", "payment_transactions", "--before", "9999-12", "--url", text(operator))

    assert refused.code == 2
    assert "hint: Nothing was retired. It may go from 10006-12-01 on." in refused.err


def test_retire_takes_what_is_past_its_retention_and_nothing_else(operator: Url) -> None:
    ttdb("partitions", "ensure", "--from", "2022-01", "--to", "2022-01", "--url", text(operator))

    planned = ttdb("partitions", "retire", "--plan", "--url", text(operator))
    done = ttdb("partitions", "retire", "--url", text(operator), "--format", "json")
    again = ttdb("partitions", "retire", "--url", text(operator))

    assert [line.split()[0] for line in planned.out.splitlines()] == [
        "public.event_logs_2022_01",
        "public.notification_history_2022_01",
        "2",
    ]
    assert [item["leaf"] for item in json.loads(done.out)["retired"]] == [
        "public.event_logs_2022_01",
        "public.notification_history_2022_01",
    ], done.err
    assert again.out == "nothing to do: no month is past its retention\n"


def test_retire_refuses_a_range_with_a_month_that_must_be_kept(operator: Url) -> None:
    ttdb("partitions", "ensure", "--from", "2016-01", "--to", "2016-01", "--url", text(operator))
    ttdb("partitions", "ensure", "--from", "2022-01", "--to", "2022-01", "--url", text(operator))

    refused = ttdb("partitions", "retire", "payment_transactions", "--before", "2023-01", "--url", text(operator))

    assert refused.code == 2
    assert "error: public.payment_transactions_2022_01 is younger than 7 years" in refused.err
    assert "hint: Nothing was retired. It may go from 2029-02-01 on." in refused.err
    assert "retired" not in ttdb("partitions", "list", "--url", text(operator)).out


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("ensure", "--from", "2025-13"), '"2025-13" is no month', "Write it as 2026-03."),
        (("ensure", "--from", "2025-02", "--to", "2025-01"), "2025-01 is before 2025-02", "--from"),
        (("retire", ""), '"" is no table that is kept in months', "These are: audit.trail"),
        (
            ("retire", "event_log"),
            '"event_log" is no table that is kept in months',
            'Did you mean "public.event_logs"?',
        ),
    ],
)
def test_a_mistake_is_named(operator: Url, arguments: tuple[str, ...], error: str, hint: str) -> None:
    ended = ttdb("partitions", *arguments, "--url", text(operator))

    assert ended.code == 2
    assert f"error: {error}" in ended.err
    assert hint in ended.err
    assert ended.out == ""


def test_a_database_without_the_engine_is_told_so(empty_url: Url) -> None:
    for command in ("list", "ensure", "retire"):
        ended = ttdb("partitions", command, "--url", text(empty_url))

        assert ended.code == 2
        assert "keeps no tables in months" in ended.err
        assert 'hint: Run "ttdb upgrade" first.' in ended.err


def test_a_login_that_is_no_operator_is_told_so(server: Throwaway, engine_url: Url) -> None:
    with fresh_login(server.url) as (login, password):
        for command in ("list", "ensure", "retire"):
            ended = ttdb("partitions", command, "--url", text(engine_url.with_parts(user=login, password=password)))

            assert ended.code == 2, ended.out
            assert "hint: " in ended.err
            assert "Traceback" not in ended.err


def test_retire_takes_its_database_from_the_command_line_only(engine_url: Url) -> None:
    ended = ttdb("partitions", "retire", env={"TTDB_DATABASE_URL": text(engine_url)})

    assert ended.code == 2
    assert "takes its database from the command line only" in ended.err


def test_a_lock_that_is_not_got_names_who_holds_it(operator: Url, server: Throwaway) -> None:
    admin = server.url.with_parts(dbname=operator.part("dbname"))
    with connect(admin, autocommit=False) as other:
        other.execute("lock table public.event_logs in share update exclusive mode")
        ended = ttdb(
            "partitions",
            "ensure",
            "--from",
            "2025-01",
            "--to",
            "2025-01",
            "--url",
            text(operator),
            "--lock-timeout",
            "1ms",
        )

    assert ended.code == 2
    assert "2025-01 of public.event_logs got no lock" in ended.err
    assert re.search(
        r"hint: Wait for these to end, or end them, .* pid \d+", ended.err
    )  # whose statement, only some may see
    with connect(admin) as connection:
        assert months(connection) == TABLES - 1


def test_upgrade_makes_the_months_ahead(server: Throwaway) -> None:
    with fresh_database(server.url) as url:
        first = ttdb("upgrade", "--url", text(url))
        again = ttdb("upgrade", "--url", text(url))
        with connect(url) as connection:
            made = months(connection)

    assert first.code == 0, first.err
    assert made == TABLES * 4
    assert "made (" not in again.err
