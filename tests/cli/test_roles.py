"""ttdb roles add: a login that works for one tenant, and a password that only its owner sees."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from support.databases import connect, fresh_database
from support.program import Ended, ttdb

from ttdb.cli.app import run
from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import scalar
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url
from ttdb.seed import seed

SECRET = "correct horse battery staple é"  # noqa: S105 - the word that must not appear


@dataclass(frozen=True)
class Place:
    """A seeded database on a server whose log holds every statement."""

    url: Url
    folder: Path

    def add(self, *arguments: str, stdin: str = "", url: Url | None = None) -> Ended:
        """Run the command."""
        return ttdb("roles", "add", *arguments, "--url", (url or self.url).uri(), stdin=stdin)

    def log(self) -> str:
        """Return the server's log so far."""
        return "".join(
            path.read_text(encoding="utf-8", errors="replace") for path in self.folder.rglob("*log") if path.is_file()
        )


@pytest.fixture(scope="module")
def place(settings: Settings) -> Iterator[Place]:
    with throwaway(settings) as server:
        upgrade(server.url, Settings())
        with connect(server.url) as admin:
            seed(admin)
            admin.execute("alter system set log_statement = 'all'")
            admin.execute("alter system set log_min_duration_statement = 0")
            admin.execute("select pg_reload_conf()")
        yield Place(server.url, _folder(server))


def _folder(server: Throwaway) -> Path:
    assert server.place
    return Path(server.place)


def refused(ended: Ended, message: str, hint: str) -> None:
    assert ended.code == 2, ended
    assert f"error: {message}" in ended.err
    assert f"hint: {hint}" in ended.err
    assert ended.out == ""


def test_new_login_works_for_one_tenant_within_its_limits(place: Place) -> None:
    ended = place.add("orders_service")

    assert ended.code == 0, ended
    assert ended.err.splitlines()[-1] == (
        "role orders_service made: in ttdb_app, 20 connections at most, statement_timeout 30s,"
        " idle_in_transaction_session_timeout 60s, lock_timeout 5s, constraint_exclusion off"
    )
    (password,) = ended.out.splitlines()
    with connect(place.url) as admin:
        tenants = [tenant for (tenant,) in admin.execute("select distinct tenant_id from public.orders order by 1")]
        made = admin.execute(
            "select rolinherit, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolconnlimit"
            " from pg_roles where rolname = 'orders_service'"
        ).fetchone()
    assert made == (True, False, False, False, False, False, 20)
    assert len(tenants) > 1
    with connect(place.url.with_parts(user="orders_service", password=password)) as service:
        assert scalar(service, "select count(*) from public.orders") == 0
        with service.transaction():
            service.execute("select set_config('app.current_tenant_id', %s, true)", (str(tenants[0]),))
            seen = service.execute("select distinct tenant_id from public.orders").fetchall()
            assert service.execute("update public.orders set metadata = '{}'").rowcount > 0
        assert seen == [(tenants[0],)]
        assert scalar(service, "show statement_timeout") == "30s"
        assert scalar(service, "show lock_timeout") == "5s"
        assert scalar(service, "show constraint_exclusion") == "off"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute("select public.tenants_of_email('x@example.org')")


def test_wrong_password_opens_nothing(place: Place) -> None:
    place.add("locked_service")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(place.url.with_parts(user="locked_service", password="wrong"))  # noqa: S106 - a wrong one


@pytest.mark.parametrize("name", ["filed_service", 'Odd "name" é'])
def test_password_of_a_file_opens_and_is_in_no_log_and_no_output(place: Place, name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET + "\n", encoding="utf-8")
    ended = place.add(name, "--password-file", str(tmp_path / "secret.txt"), "--verbose")

    assert ended.code == 0, ended
    assert ended.out == ""
    with connect(place.url.with_parts(user=name, password=SECRET)) as service:
        assert scalar(service, "select session_user::text") == name
    log = place.log()
    assert "create role" in log
    assert "SCRAM-SHA-256$" in log
    assert SECRET not in log + ended.err
    with connect(place.url) as admin:
        stored = scalar(admin, "select rolpassword from pg_authid where rolname = %s", (name,))
    assert stored.startswith("SCRAM-SHA-256$")


def test_password_is_read_from_stdin_and_rotated(place: Place) -> None:
    assert place.add("rotated_service", "--password-file", "-", stdin=SECRET).code == 0
    ended = place.add("rotated_service", "--rotate", "--format", "json", "--statement-timeout", "5min")

    facts = json.loads(ended.out)
    assert (facts["schema"], facts["created"], facts["settings"]) == (
        "ttdb.roles/1",
        False,
        {"statement_timeout": "5min"},
    )
    assert facts["group"] == "ttdb_app"
    assert facts["password"] not in place.log() + ended.err
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(place.url.with_parts(user="rotated_service", password=SECRET))
    with connect(place.url.with_parts(user="rotated_service", password=facts["password"])) as service:
        assert scalar(service, "show statement_timeout") == "5min"
        assert scalar(service, "show lock_timeout") == "5s"


def test_rotating_moves_nobody_to_another_group(place: Place) -> None:
    assert place.add("staying_service", "--password-file", "-", stdin=SECRET).code == 0
    same = place.add("staying_service", "--rotate", "--group", "app", "--password-file", "-", stdin=SECRET)
    other = place.add("staying_service", "--rotate", "--group", "worker")

    assert same.code == 0, same.err
    refused(other, '"staying_service" is in ttdb_app, not in ttdb_worker', "Leave --group out")
    with connect(place.url.with_parts(user="staying_service", password=SECRET)) as service:
        assert scalar(service, "select 1") == 1


def test_resolver_is_granted_to_the_login_alone(place: Place) -> None:
    ended = place.add("login_service", "--resolver", "tenants_of_email", "--resolver", "public.tenant_of_slug(text)")

    assert ended.code == 0, ended
    assert "may ask public.tenants_of_email(text), may ask public.tenant_of_slug(text)" in ended.err
    with connect(place.url) as admin:
        email, tenant = admin.execute(
            "select email, tenant_id from public.users where deleted_at is null"
        ).fetchone() or ("", "")
    with connect(place.url.with_parts(user="login_service", password=ended.out.strip())) as service:
        assert scalar(service, "select public.tenants_of_email(%s)", (email,)) == tenant
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute("select public.tenant_of_payment_intent('x')")
    assert "ttdb: login_service asked public.tenants_of_email(text) and was told 1 tenants" in place.log()
    with connect(place.url) as admin:
        asked = admin.execute(
            "select relation from audit.trail where operation = 'RESOLVE' and login = 'login_service'"
        )
        assert asked.fetchall() == [("public.tenants_of_email(text)",)]


@pytest.mark.parametrize("group", ["worker", "support", "auditor"])
def test_login_joins_the_group_that_was_named(place: Place, group: str) -> None:
    ended = place.add(f"one_{group}", "--group", group, "--connection-limit", "3")

    assert ended.code == 0, ended
    with connect(place.url.with_parts(user=f"one_{group}", password=ended.out.strip())) as service:
        assert scalar(service, "select pg_has_role(%s, 'usage')", (f"ttdb_{group}",)) is True
        assert scalar(service, "select pg_has_role('ttdb_app', 'member')") is False


def test_printed_statements_hold_a_verifier_and_work(place: Place) -> None:
    ended = place.add("printed_service", "--sql", "--password-file", "-", "--resolver", "tenant_of_slug", stdin=SECRET)

    assert ended.code == 0, ended
    assert SECRET not in ended.out + ended.err
    assert re.search(r"password 'SCRAM-SHA-256\$\d+:", ended.out)
    with connect(place.url) as admin:
        assert scalar(admin, "select to_regrole('printed_service') is null") is True
        admin.execute(ended.out.encode())
    with connect(place.url.with_parts(user="printed_service", password=SECRET)) as service:
        assert scalar(service, "select public.tenant_of_slug('nowhere')") is None


def test_existing_role_is_refused_by_name(place: Place) -> None:
    place.add("twice_service")

    refused(
        place.add("twice_service"), 'role "twice_service" exists already', 'Run "ttdb roles add twice_service --rotate"'
    )


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("x", "--rotate"), 'role "x" does not exist', 'Run "ttdb roles add x" without --rotate'),
        (("postgres", "--rotate"), 'role "postgres" is a login in none of', "Choose another name"),
        (("ttdb_app",), '"ttdb_app" is no name for a service', "pg_, ttdb_, public and none are taken."),
        (("x" * 64,), f'"{"x" * 64}" is no name for a role', "A name is 1 to 63 bytes long."),
        (("x", "--resolver", "orders"), 'there is no resolver "orders"', "Declared are: public.tenant_of_payment"),
        (("x", "--connection-limit", "0"), "a limit of 0 connections lets nobody in", "Give 1 or more."),
        (
            ("x", "--connection-limit", "99999999999"),
            "a limit of 99999999999 connections is none",
            "Give 2147483647 at most",
        ),
        (("x", "--statement-timeout", "25d"), 'statement_timeout cannot be "25d"', "Give 24d at most"),
        ((" ",), "' ' is no name for a role", "Write it with letters"),
        (("two\nlines",), "'two\\nlines' is no name for a role", "Write it with letters"),
        (
            ("x", "--group", "support", "--resolver", "tenants_of_email"),
            "support may not ask resolvers",
            "Leave --resolver out, or join it to app or worker.",
        ),
        (("x", "--lock-timeout", "soon"), 'lock_timeout cannot be "soon"', "Give a number with its unit"),
        (("x", "--sql"), "--sql needs a password of yours", "Pass --password-file FILE"),
        (("x", "--password-file", "nowhere"), "cannot read nowhere: No such file", "Name a file"),
        (("x", "--password-file", "-"), "the password is shorter than 12 characters", "Give a longer one"),
    ],
)
def test_mistake_is_refused_with_advice(  # noqa: PLR0913 - one mistake, and pytest's own
    place: Place,
    *,
    arguments: tuple[str, ...],
    message: str,
    hint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("short"))
    code = run(["roles", "add", *arguments, "--url", place.url.uri()])

    refused(Ended(code, *capsys.readouterr()), message, hint)


def test_login_without_createrole_is_told_what_to_grant(place: Place) -> None:
    with connect(place.url) as admin:
        admin.execute("create role plain login password 'plain-password'")
        version = admin.info.server_version
    plain = place.url.with_parts(user="plain", password="plain-password")  # noqa: S106 - of a throwaway
    admin_option = ' grant ttdb_app to "plain" with admin option;' if version >= 160000 else ""

    refused(
        place.add("x", url=plain),
        '"plain" may not make "x" a member of ttdb_app',
        f'Have an admin run: alter role "plain" createrole;{admin_option} Or let him run what --sql prints.',
    )
    refused(
        place.add("x", "--resolver", "tenant_of_slug", url=plain),
        '"plain" may not grant resolvers: they belong to ttdb_definer',
        'Have an admin run: grant ttdb_owner to "plain";',
    )


def test_admin_who_is_no_superuser_adds_services_and_grants_resolvers(place: Place) -> None:
    with connect(place.url) as admin:
        admin.execute("create role admin_2031 login createrole password 'plain-password'")
        admin.execute("grant ttdb_app to admin_2031 with admin option")
        admin.execute("grant ttdb_owner to admin_2031")
    ended = place.add(
        "by_admin",
        "--resolver",
        "tenant_of_slug",
        url=place.url.with_parts(user="admin_2031", password="plain-password"),  # noqa: S106 - of a throwaway
    )

    assert ended.code == 0, ended
    with connect(place.url.with_parts(user="by_admin", password=ended.out.strip())) as service:
        assert scalar(service, "select public.tenant_of_slug('nowhere')") is None


def test_database_without_ttdb_beside_one_with_it_is_refused(place: Place) -> None:
    """The groups are the cluster's: a database named by mistake has them too."""
    with fresh_database(place.url) as url:
        ended = place.add("misplaced", "--sql", "--password-file", "-", stdin=SECRET, url=url)
        refused(ended, f"database {url.part('dbname')} has no ttdb", "Name the database that holds the tables")
        refused(place.add("misplaced", url=url), f"database {url.part('dbname')} has no ttdb", "Name the database that")

        place.add("placed")
        assert place.add("placed", "--rotate", url=url).code == 0

    with connect(place.url) as admin:
        assert scalar(admin, "select to_regrole('misplaced') is null")


def test_database_without_ttdb_says_what_comes_first(settings: Settings) -> None:
    with throwaway(settings) as server:
        ended = ttdb("roles", "add", "x", "--url", server.url.uri())

    refused(ended, "role ttdb_app does not exist", 'Run "ttdb upgrade" first')
