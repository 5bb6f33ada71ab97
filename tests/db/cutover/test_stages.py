"""Stages of a cut-over: forth and back, repeated, killed in between, and nothing left of them."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from support.catalog import catalog, roles
from support.databases import connect, fresh_database, fresh_login
from support.services import Service, new_service

from ttdb.config import Settings
from ttdb.errors import Conflicts, LockNotObtained, PrivilegeMissing, UsageError
from ttdb.migrate import cutover
from ttdb.migrate.cutover import change
from ttdb.migrate.drift.facts import read
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.cutover import Moved, Stage
from ttdb.model.migration import silent
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url
from ttdb.validate import library

ORDERS = "select count(*) from public.orders"
MEMBERSHIP_OPTIONS = 160000


class Killed(BaseException):
    """What nobody catches."""


def stage(service: Service) -> Stage:
    (found,) = [item for item in cutover.status(service.admin, silent).services if item.login == service.name]
    return found.stage


def test_forth_and_back_leaves_the_catalog_and_the_roles_as_they_were(service: Service) -> None:
    before = catalog(service.admin), roles(service.admin)

    moves = [service.observe(), service.enforce(), service.back(), service.back()]

    assert [(move.was, move.now) for move in moves] == [
        (Stage.ENFORCED, Stage.OBSERVED),
        (Stage.OBSERVED, Stage.ENFORCED),
        (Stage.ENFORCED, Stage.OBSERVED),
        (Stage.OBSERVED, Stage.ENFORCED),
    ]
    assert [move.restored for move in moves] == [False, False, False, True]
    assert (catalog(service.admin), roles(service.admin)) == before


def test_each_verb_repeated_changes_nothing(service: Service) -> None:
    service.observe()
    observed = catalog(service.admin), roles(service.admin)
    with connect(service.admin) as admin:
        since = scalar(admin, "select changed_at from ttdb.cutovers")
        again = service.observe()
        same = scalar(admin, "select changed_at from ttdb.cutovers") == since

    assert (again.was, again.now, same) == (Stage.OBSERVED, Stage.OBSERVED, True)
    assert (catalog(service.admin), roles(service.admin)) == observed

    service.enforce()
    enforced = catalog(service.admin), roles(service.admin)
    assert service.enforce().was is Stage.ENFORCED
    assert (catalog(service.admin), roles(service.admin)) == enforced


def test_login_beyond_row_security_is_given_back_what_it_was(place: Url) -> None:
    with new_service(place, attributes="bypassrls", groups=()) as service, connect(place) as admin:
        admin.execute(sql.SQL("grant select on public.orders to {}").format(sql.Identifier(service.name)))
        before = roles(place)
        with service.session() as session:
            assert scalar(session, ORDERS) == 2
            service.observe()
            observed = scalar(session, ORDERS)
            service.enforce()
            enforced = scalar(session, ORDERS)
            service.back()
            service.back()
            again = scalar(session, ORDERS)
        after = roles(place)
        admin.execute(sql.SQL("revoke select on public.orders from {}").format(sql.Identifier(service.name)))

    assert (observed, enforced, again) == (2, 0, 2)
    assert after == before


@pytest.mark.parametrize("observed_first", [True, False])
def test_statement_prepared_beyond_row_security_is_held_too(place: Url, observed_first: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with new_service(place, attributes="bypassrls", groups=()) as service, connect(place) as admin:
        admin.execute(sql.SQL("grant select on public.orders to {}").format(sql.Identifier(service.name)))
        with service.session() as session:
            session.execute("prepare orders as " + ORDERS)
            for _ in range(6):  # from the sixth on, its plan is kept
                assert scalar(session, "execute orders") == 2
            if observed_first:
                service.observe()
                assert scalar(session, "execute orders") == 2
            service.enforce()
            held = scalar(session, "execute orders")
        admin.execute(sql.SQL("revoke select on public.orders from {}").format(sql.Identifier(service.name)))

    assert held == 0


def test_who_never_went_forth_does_not_go_back(service: Service) -> None:
    for _ in range(2):
        before = catalog(service.admin), roles(service.admin)
        with pytest.raises(UsageError, match="there is nothing to go back to"):
            service.back()
        assert (catalog(service.admin), roles(service.admin)) == before
        service.observe()
        service.back()


@pytest.mark.parametrize("attributes", ["bypassrls", "nobypassrls"])
def test_who_was_enforced_at_once_goes_back_to_what_it_was(place: Url, attributes: str) -> None:
    with new_service(place, attributes=attributes, groups=()) as service:
        before = catalog(place), roles(place)
        service.enforce()

        move = service.back()

        assert (move.was, move.restored) == (Stage.ENFORCED, True)
        assert (catalog(place), roles(place)) == before
        service.enforce()
        service.observe()
        service.enforce()
        assert service.back().now is Stage.OBSERVED  # which it was this time
        service.back()


def test_nobody_is_observed_in_two_databases_at_once(service: Service) -> None:
    service.observe()
    name = str(service.admin.part("dbname"))
    with fresh_database(service.admin) as other:
        upgrade(other, Settings(), "engine_0010")
        with pytest.raises(UsageError, match=f"services are observed in database {name} of this cluster"):
            change.observe(other, Settings(), silent, service.name)


def test_going_back_does_not_refuse_a_running_service(service: Service) -> None:
    service.observe()
    with service.session() as session:
        with pytest.raises(UsageError, match="1 session is open"):
            service.back()
        assert scalar(session, ORDERS) == 2


@pytest.mark.parametrize("verb", ["observe", "enforce"])
def test_killed_before_its_commit_a_move_did_not_happen(
    verb: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    if verb == "enforce":
        service.observe()
    was = stage(service), roles(service.admin)

    def kill(connection: Connection, *_: object) -> None:
        connection.close()
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(change, "_refuse_half", kill)
        with pytest.raises(Killed):
            getattr(service, verb)()

    # The group itself is made beforehand, and opens nothing.
    assert stage(service) is was[0]
    assert [line for line in roles(service.admin) if "ttdb_observed super" not in line] == [
        line for line in was[1] if "ttdb_observed super" not in line
    ]
    getattr(service, verb)()
    assert stage(service) is (Stage.OBSERVED if verb == "observe" else Stage.ENFORCED)


@pytest.mark.parametrize("tables", [0, 1, 7])
def test_killed_between_tables_a_second_run_ends_the_same(
    tables: int, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalog(service.admin), roles(service.admin)
    _killed_after(tables, service.observe, monkeypatch)
    with service.session() as session:
        assert scalar(session, ORDERS) == 0
        service.observe()
        assert scalar(session, ORDERS) == 2

    _killed_after(tables, service.enforce, monkeypatch)
    with service.session() as session:
        assert scalar(session, ORDERS) == 0
    assert stage(service) is Stage.ENFORCED
    service.enforce()

    assert catalog(service.admin) == before[0]
    assert roles(service.admin) == before[1]


def _killed_after(tables: int, move: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(move)
    left, whole = [tables], change._call  # noqa: SLF001 - where a kill is to come

    def call(connection: Connection, statement: sql.Composed, relation: str) -> str:
        if left[0] == 0:
            connection.close()
            raise Killed
        left[0] -= 1
        return whole(connection, statement, relation)

    with monkeypatch.context() as patched:
        patched.setattr(change, "_call", call)
        with pytest.raises(Killed):
            move()


def test_a_table_in_use_is_not_queued_for(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(lock_timeout="20ms")
    with connect(service.admin, autocommit=False) as busy:
        busy.execute("lock table public.orders in access share mode")
        monkeypatch.setattr("ttdb.migrate.courtesy.pause", lambda _number: None)
        with pytest.raises(LockNotObtained):
            cutover.observe(service.admin, settings, silent, service.name)
        busy.rollback()
    assert stage(service) is Stage.ENFORCED
    service.observe()
    assert stage(service) is Stage.OBSERVED


def test_two_at_once_are_one_after_the_other(service: Service) -> None:
    with connect(service.admin) as other:
        other.execute("select pg_advisory_lock(hashtextextended('ttdb cutover', 0))")
        with pytest.raises(LockNotObtained, match="another session changes a cut-over"):
            service.observe()


def test_a_table_protected_since_is_told_and_made_ready(service: Service) -> None:
    service.observe()
    with connect(service.admin) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute(
            "create table public.notes (id int primary key, tenant_id uuid not null);"
            "select ttdb.protect('public.notes')"
        )
    assert cutover.status(service.admin, silent).unready == ("public.notes",)

    service.observe()

    assert cutover.status(service.admin, silent).unready == ()


def test_protecting_again_while_observed_is_no_conflict(service: Service) -> None:
    service.observe()
    with connect(service.admin) as admin:
        admin.execute("set role ttdb_owner")
        assert scalar(admin, "select bool_and(ttdb.is_protected(relation)) from ttdb.tenant_tables") is True
        admin.execute("select ttdb.protect('public.orders')")
        admin.execute("select ttdb.protect('public.orders', worker => '{select}')")
        assert scalar(admin, "select ttdb.is_observed('public.orders')") is True


def test_drift_s_facts_are_the_same_while_observed(service: Service) -> None:
    def facts() -> dict[tuple[str, str], str | None]:
        with connect(service.admin) as admin:
            admin.execute("set search_path = ''; set role ttdb_owner")
            return {key: fact.definition for key, fact in read(admin).items()}

    before = facts()
    service.observe()

    assert facts() == before


def test_downgrade_is_refused_while_a_service_is_observed(service: Service) -> None:
    service.observe()
    with connect(service.admin) as admin, pytest.raises(psycopg.DatabaseError, match="services are observed"):
        admin.execute(_refusal())


def test_downgrade_names_who_is_observed_before_anything_is_undone(place: Url) -> None:
    with fresh_database(place) as other:
        upgrade(other, Settings(), "engine_0010")
        with connect(other) as admin:
            admin.execute("set role ttdb_owner")
            admin.execute("create table public.things (tenant_id uuid not null, id uuid primary key)")
            admin.execute("select ttdb.protect('public.things')")
        with new_service(other, groups=()) as service:
            service.observe()
            before = catalog(other)
            with pytest.raises(Conflicts) as refused:
                downgrade(other, Settings(), "engine_0008")
            (found,) = refused.value.conflicts
            assert "services are observed, tables: 1" in str(found)
            assert catalog(other) == before
            service.back()


def _refusal() -> bytes:
    from ttdb.migrate import script  # noqa: PLC0415 - of one test

    (found,) = [item for item in script.directory().walk_revisions() if item.revision == "engine_0009"]
    return script.steps(found)[-1].down[0].encode()


@pytest.fixture
def migrator(place: Url) -> Iterator[Url]:
    """Return a login that migrates, and is neither superuser nor CREATEROLE."""
    with fresh_login(place, member_of=("ttdb_owner", "ttdb_operator")) as (name, password):
        yield place.with_parts(user=name, password=password)
        with connect(place) as admin:
            # From 16 on memberships name it that it granted.
            admin.execute(sql.SQL("revoke ttdb_app, ttdb_observed from {} cascade").format(sql.Identifier(name)))


def test_what_a_migrator_lacks_is_said_and_enough(service: Service, migrator: Url, place: Url) -> None:
    before = catalog(place)
    with pytest.raises(PrivilegeMissing) as refused:
        service.observe(by=migrator)
    hint = refused.value.hint or ""
    assert hint.startswith("Have an admin run: create role ttdb_observed nologin noinherit; grant ttdb_app, ttdb_obs")
    assert catalog(place) == before

    with connect(place) as admin:
        admin.execute(hint.removeprefix("Have an admin run: ").encode())
    moves: list[Moved] = [service.observe(migrator), service.enforce(migrator), service.back(migrator)]
    assert [move.now for move in moves] == [Stage.OBSERVED, Stage.ENFORCED, Stage.OBSERVED]
    service.enforce(migrator)

    assert catalog(place) == before


def test_createrole_is_enough_too(place: Url) -> None:
    with (
        fresh_login(place, attributes="createrole", member_of=("ttdb_owner", "ttdb_operator")) as (name, password),
        connect(place) as admin,
        new_service(place) as service,
    ):
        if admin.info.server_version >= MEMBERSHIP_OPTIONS:
            admin.execute(sql.SQL("grant ttdb_app to {} with admin option").format(sql.Identifier(name)))
        migrator = place.with_parts(user=name, password=password)
        service.observe(migrator)
        service.enforce(migrator)
        assert scalar(admin, "select to_regrole('ttdb_observed') is null") is True


@pytest.mark.parametrize(
    ("attributes", "groups", "message"),
    [
        ("superuser", (), "is a superuser: no policy holds it"),
        ("", ("ttdb_operator",), "is a member of ttdb_operator, and no service"),
    ],
)
def test_who_cannot_be_observed_is_refused(place: Url, attributes: str, groups: tuple[str, ...], message: str) -> None:
    before = catalog(place)
    with new_service(place, attributes=attributes, groups=groups) as service:
        with pytest.raises(UsageError, match=message):
            service.observe()
        with pytest.raises(UsageError, match=message):
            service.enforce()
    assert catalog(place) == before


def test_validate_names_who_is_observed(service: Service) -> None:
    service.observe()
    with connect(service.admin) as admin:
        (found,) = admin.execute(_check("PRV035")).fetchall()
        assert f"{service.name} is observed" in " ".join(str(value) for value in found)
        service.enforce()
        assert admin.execute(_check("PRV035")).fetchall() == []


def _check(code: str) -> bytes:
    (unit,) = [each for each in library().units if each.code == code]
    return unit.path.read_bytes()
