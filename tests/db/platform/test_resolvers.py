"""The platform's resolvers: a tenant by e-mail address, payment intent or address; and nothing more, to nobody else."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from support.databases import acting_as, connect, fresh_login

from ttdb.model.validation import Severity, Verdict
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate

CALLS = {
    "tenants_of_email": sql.SQL("select tenants_of_email from public.tenants_of_email({})"),
    "tenant_of_payment_intent": sql.SQL("select public.tenant_of_payment_intent({})"),
    "tenant_of_slug": sql.SQL("select public.tenant_of_slug({})"),
}
KNOWN = {
    "tenants_of_email": sql.SQL("select email, tenant_id from public.users where deleted_at is null limit 1"),
    "tenant_of_payment_intent": sql.SQL(
        "select payment_intent_id, tenant_id from public.payment_transactions where payment_intent_id ~ '^pi_' limit 1"
    ),
    "tenant_of_slug": sql.SQL("select slug, id from public.tenants limit 1"),
}
PAYMENT = """
insert into public.payment_transactions (tenant_id, order_id, user_id, venue_id, amount, payment_intent_id)
select o.tenant_id, o.id, o.user_id, e.venue_id, 10, 'pi_resolved_by_its_name'
from public.orders as o join public.events as e on e.id = o.event_id
limit 1
"""


@pytest.fixture
def seeded(seeded_url: Url) -> Iterator[Connection]:
    with connect(seeded_url) as connection:
        connection.execute(PAYMENT)
        yield connection


def found(connection: Connection, name: str, value: str) -> list[UUID | None]:
    return [tenant for (tenant,) in connection.execute(CALLS[name].format(sql.Literal(value)))]


@pytest.mark.parametrize("name", CALLS)
def test_resolver_finds_the_tenant_and_leaves_no_argument(seeded: Connection, name: str) -> None:
    row = seeded.execute(KNOWN[name]).fetchone()
    assert row
    value, tenant = row

    assert found(seeded, name, value) == [tenant]
    trail = seeded.execute("select * from audit.trail where operation = 'RESOLVE'").fetchall()
    assert len(trail) == 1
    assert value not in str(trail)
    assert scalar(seeded, "select tenant_id from audit.trail where operation = 'RESOLVE'") == tenant


@pytest.mark.parametrize("name", CALLS)
def test_resolver_is_silent_about_the_unknown_but_for_the_trail(seeded: Connection, name: str) -> None:
    assert [tenant for tenant in found(seeded, name, "nobody-2031@example.org") if tenant] == []

    rows = seeded.execute("select tenant_id, new_row from audit.trail where operation = 'RESOLVE'").fetchall()
    assert rows == [(None, {"found": 0})]


def test_email_is_found_in_every_tenant_and_in_any_case(seeded: Connection) -> None:
    seeded.execute(
        "update public.users set email = 'both-2031@example.org' where id in"
        " (select distinct on (tenant_id) id from public.users where deleted_at is null order by tenant_id)"
    )
    tenants = scalar(
        seeded, "select array_agg(distinct tenant_id order by tenant_id) from public.users where email ~ '^both'"
    )

    assert len(tenants) > 1
    assert found(seeded, "tenants_of_email", "Both-2031@Example.org") == tenants
    rows = seeded.execute("select tenant_id from audit.trail where operation = 'RESOLVE' order by 1").fetchall()
    assert rows == [(tenant,) for tenant in tenants]


def test_closed_account_is_not_found(seeded: Connection) -> None:
    row = seeded.execute(KNOWN["tenants_of_email"]).fetchone()
    assert row
    seeded.execute("update public.users set deleted_at = now(), status = 'DELETED' where email = %s", (row[0],))

    assert found(seeded, "tenants_of_email", row[0]) == []


@pytest.mark.parametrize("name", CALLS)
def test_services_and_strangers_may_not_ask(seeded: Connection, name: str) -> None:
    for role in ("ttdb_app", "ttdb_worker", "ttdb_support", "ttdb_auditor", "ttdb_operator"):
        with acting_as(seeded, role), pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            seeded.execute(CALLS[name].format(sql.Literal("x")))


def test_resolver_works_for_a_session_that_turned_row_security_off(seeded: Connection) -> None:
    row = seeded.execute(KNOWN["tenant_of_slug"]).fetchone()
    assert row
    seeded.execute("set row_security = off")

    assert found(seeded, "tenant_of_slug", row[0]) == [row[1]]


def test_login_by_email_uses_its_index(seeded: Connection) -> None:
    seeded.execute("set enable_seqscan = off")  # the table is small
    seeded.execute("set role ttdb_definer")
    plan = str(
        seeded.execute("explain select tenant_id from public.users where email = 'x' and deleted_at is null").fetchall()
    )

    assert "users_login_idx" in plan


@pytest.mark.parametrize("disposable", [True, False], ids=["disposable", "in place"])
def test_validate_notes_a_resolver_of_one_service_once(server: Throwaway, seeded_url: Url, *, disposable: bool) -> None:
    with fresh_login(server.url, member_of=("ttdb_app",)) as (login, _password), connect(seeded_url) as connection:
        who = sql.Identifier(login)
        connection.execute(sql.SQL("grant execute on function public.tenants_of_email(text) to {}").format(who))
        report = validate(seeded_url, Request(families=("FNC",), disposable=disposable))
        connection.execute(sql.SQL("revoke execute on function public.tenants_of_email(text) from {}").format(who))

    found = [finding for finding in report.findings if finding.code != "ISO000"]
    assert [(note.code, note.severity, note.role, note.object) for note in found] == [
        ("FNC007", Severity.INFO, login, "public.tenants_of_email(email text)")
    ]
    assert f"{login} may ask public.tenants_of_email(text)" in found[0].detail
    assert report.unproven == ()
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize("grantee", ["public", "ttdb_app"])
def test_validate_fails_where_every_service_may_ask(seeded_url: Url, grantee: str) -> None:
    with connect(seeded_url) as connection:
        connection.execute(f"grant execute on function public.tenant_of_slug(text) to {grantee}".encode())

    report = validate(seeded_url, Request(families=("FNC",)))

    assert report.verdict is Verdict.FAIL
    (error,) = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    assert (error.code, error.role, error.object) == ("FNC007", grantee, "public.tenant_of_slug(slug text)")
