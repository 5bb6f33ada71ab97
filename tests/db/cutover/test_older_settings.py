"""Older names of the tenant's setting: read for named logins only, where no two disagree, and off by default."""

import psycopg
import pytest
from support.databases import connect
from support.platform import A, B
from support.services import Service, in_tenant, new_service

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.migrate import cutover
from ttdb.model.migration import silent
from ttdb.postgres.connect import Connection, scalar

OLD, OLDER, NEW = "app.current_tenant", "app.tenant", "app.current_tenant_id"


def read(service: Service, *names: str, ignore: tuple[str, ...] = ()) -> tuple[str, ...]:
    return cutover.older_settings(service.admin, Settings(), silent, service.name, names, ignore)


def sees(session: Connection, **settings: str | None) -> list[str]:
    """Return the tenants whose orders a session sees; settings by name, with a point for two underscores."""
    with session.transaction():
        for name, value in settings.items():
            in_tenant(session, value, name.replace("__", "."))
        return [tenant for (tenant,) in session.execute("select tenant_id::text from public.orders order by 1")]


def test_off_an_older_setting_says_nothing(service: Service) -> None:
    with service.session() as session:
        assert sees(session, app__current_tenant=A) == []
        assert sees(session, app__current_tenant=B, app__current_tenant_id=A) == [A]


def test_it_is_read_for_the_named_login_alone(service: Service) -> None:
    with new_service(service.admin) as other, other.session() as stranger, service.session() as session:
        assert sees(session, app__current_tenant=A) == []
        assert read(service, OLD) == (OLD,)

        assert sees(session, app__current_tenant=A) == [A]
        assert sees(session, app__current_tenant_id=B) == [B]
        assert sees(stranger, app__current_tenant=A) == []
        stranger.execute("set role ttdb_app")
        assert sees(stranger, app__current_tenant=A) == []


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({OLD: A, NEW: A}, [A]),
        ({OLD: A.upper(), NEW: A}, [A]),
        ({OLD: "", NEW: A}, [A]),
        ({OLD: A, NEW: ""}, [A]),
        ({OLD: A, OLDER: A}, [A]),
        ({OLD: B, NEW: A}, []),
        ({OLD: A, NEW: B}, []),
        ({OLD: A, OLDER: B}, []),
        ({OLD: A, OLDER: B, NEW: A}, []),
        ({OLD: "none", NEW: A}, []),
        ({OLD: A, NEW: "none"}, []),
        ({OLD: "none"}, []),
        ({OLD: "", NEW: ""}, []),
    ],
)
def test_where_two_that_are_set_disagree_there_is_no_tenant(
    given: dict[str, str], seen: list[str], service: Service
) -> None:
    read(service, OLD, OLDER)
    with service.session() as session:
        assert sees(session, **{name.replace(".", "__"): value for name, value in given.items()}) == seen


def test_turned_off_it_says_nothing_to_prepared_statements_either(service: Service) -> None:
    read(service, OLD, OLDER)
    with service.session() as session:
        session.execute("prepare orders as select count(*) from public.orders")
        with session.transaction():
            in_tenant(session, A, OLD)
            for _ in range(7):
                assert scalar(session, "execute orders") == 1
        assert read(service, ignore=(OLD,)) == (OLDER,)
        with session.transaction():
            in_tenant(session, A, OLD)
            assert scalar(session, "execute orders") == 0
    assert read(service, ignore=(OLDER,)) == ()
    with connect(service.admin) as admin:
        made = scalar(admin, "select pg_get_functiondef('ttdb.older_settings_of_login()'::regprocedure)")
        assert "RETURN NULL::text[]" in str(made)
        assert scalar(admin, "select count(*) from ttdb.weakened_registrations()") == 0
        changed = admin.execute(
            "select m.identity from ttdb.managed_objects as m"
            " left join ttdb.definitions_in('{ttdb}') as d on d.kind = m.kind and d.identity = m.identity"
            " where m.kind = 'function' and m.identity like 'ttdb.%' and d.definition is distinct from m.definition"
        ).fetchall()
    assert changed == []


def test_an_older_setting_and_a_signed_context_refuse_each_other(service: Service) -> None:
    read(service, OLD)
    with connect(service.admin) as admin:
        admin.execute("select ttdb.create_context_key()")
        with pytest.raises(psycopg.DatabaseError, match=f"older settings are read for {service.name}"):
            admin.execute("select ttdb.require_signed_context(true)")
        read(service, ignore=(OLD,))
        admin.execute("select ttdb.require_signed_context(true)")
    with pytest.raises(UsageError, match="must be signed"):
        read(service, OLD)


@pytest.mark.parametrize("name", ["search_path", "app", NEW, "app.a.b", "app.x'; drop table y", ""])
def test_what_is_no_older_name_is_refused(name: str, service: Service) -> None:
    with pytest.raises(UsageError, match="is no older name"):
        read(service, name)


def test_what_is_not_read_cannot_be_ignored(service: Service) -> None:
    with pytest.raises(UsageError, match=r'setting "app\.curent_tenant" is not read'):
        read(service, ignore=("app.curent_tenant",))
    read(service, OLD)

    with pytest.raises(UsageError, match="is not read") as refused:
        read(service, OLDER, ignore=("app.curent_tenant",))

    assert refused.value.hint == f"Those that are: {OLD}."
    assert read(service, ignore=(OLD.upper(),)) == ()  # nor was OLDER begun


def test_an_unknown_login_is_refused(service: Service) -> None:
    with pytest.raises(UsageError, match="there is no login nobody"):
        cutover.older_settings(service.admin, Settings(), silent, "nobody", (OLD,))


def test_a_puzzled_engineer_is_told(service: Service) -> None:
    read(service, OLD)
    with service.session() as session:
        states = []
        for settings in ({OLD: A}, {OLD: B, NEW: A}, {NEW: A}, {}):
            with session.transaction():
                for name, value in settings.items():
                    in_tenant(session, value, name)
                states.append(scalar(session, "select state from ttdb.context()"))

    assert states == ["older", "disagreed", "ok", "empty"]
