"""The registry of resolvers: what may be declared one, and what its calls leave behind."""

from typing import LiteralString

import psycopg
import pytest

from ttdb.postgres.connect import Connection, scalar

SOUND: LiteralString = """
create function public.tenant_of_note(id uuid) returns uuid
language sql stable security definer set search_path = '' set row_security = on
as 'select n.tenant_id from public.notes as n where n.id = tenant_of_note.id';
revoke all on function public.tenant_of_note(uuid) from public;
alter function public.tenant_of_note(uuid) owner to ttdb_definer;
"""
OTHERWISE: LiteralString = """
drop function public.tenant_of_note(uuid);
create function public.tenant_of_note(id uuid) returns RESULT language sql security definer as $$ select BODY $$;
alter function public.tenant_of_note owner to ttdb_definer;
"""
DECLARE: LiteralString = "select ttdb.resolver('public.tenant_of_note(uuid)', 'the tenant of a note')"


@pytest.fixture
def sound(protected: Connection) -> Connection:
    protected.execute(SOUND)
    return protected


def test_sound_function_is_declared_once(sound: Connection) -> None:
    sound.execute(DECLARE)
    sound.execute("select ttdb.resolver('public.tenant_of_note(uuid)', 'whose note it is')")

    rows = sound.execute("select function, finds from ttdb.resolvers where function ~ 'note'").fetchall()
    assert rows == [("public.tenant_of_note(uuid)", "whose note it is")]


def test_forgotten_function_is_no_resolver(sound: Connection) -> None:
    sound.execute(DECLARE)
    sound.execute("drop function public.tenant_of_note(uuid)")
    sound.execute("select ttdb.forget_resolver('public.tenant_of_note(uuid)')")

    assert scalar(sound, "select count(*) from ttdb.resolvers where function ~ 'note'") == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("grant execute on function public.tenant_of_note(uuid) to public", "every session may execute"),
        ("grant execute on function public.tenant_of_note(uuid) to ttdb_app", "every session may execute"),
        ("alter function public.tenant_of_note(uuid) security invoker", "does not run as ttdb_definer"),
        ("alter function public.tenant_of_note(uuid) owner to ttdb_owner", "does not run as ttdb_definer"),
        (OTHERWISE.replace("RESULT", "text").replace("BODY", "'x'::text"), "returns more than a tenant"),
        (OTHERWISE.replace("RESULT", "table (a uuid, b text)").replace("BODY", "id, 'x'::text"), "more than a tenant"),
    ],
)
def test_function_that_tells_or_opens_more_is_refused(sound: Connection, change: LiteralString, said: str) -> None:
    sound.execute(change)

    with pytest.raises(psycopg.DatabaseError, match=said) as refused:
        sound.execute(DECLARE)
    assert refused.value.sqlstate == "TTRSV"
    assert refused.value.diag.message_hint


def test_resolver_without_words_is_refused(sound: Connection) -> None:
    with pytest.raises(psycopg.DatabaseError, match="finds is not said") as refused:
        sound.execute("select ttdb.resolver('public.tenant_of_note(uuid)', ' ')")
    assert refused.value.sqlstate == "TTRSV"


def test_nobody_else_writes_resolutions_into_the_trail(database: Connection) -> None:
    for role in ("ttdb_app", "ttdb_worker", "ttdb_owner", "ttdb_operator"):
        database.execute(f"set role {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("select audit.record_resolution('x', '{}')")
        database.execute("reset role")
