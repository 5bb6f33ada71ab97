"""Encryption in SQL: what goes in comes out with its key alone, and no error tells anything."""

import re
from typing import LiteralString

import psycopg
import pytest
from support.databases import acting_as, connect, fresh_database

from ttdb.config import Settings
from ttdb.errors import Conflicts
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import silent
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway

KEY, OTHER = "k" * 32, "o" * 32
TEXT = "4242 4242 4242 4242 \u00e9\U0001f600\n"
ENCRYPT: LiteralString = "select ttdb.encrypt(%s, %s, %s)"
DECRYPT: LiteralString = "select ttdb.decrypt(%s, %s)"


@pytest.fixture
def sealed(database: Connection) -> str:
    return str(scalar(database, ENCRYPT, (TEXT, "cards.2026", KEY)))


@pytest.mark.parametrize("text", [TEXT, "", "x" * 100_000, "ttdb1:a:b", "'; drop table x; --"])
def test_text_comes_back_with_its_key(database: Connection, text: str) -> None:
    sealed = scalar(database, ENCRYPT, (text, "cards.2026", KEY))

    assert re.fullmatch(r"ttdb1:cards\.2026:[A-Za-z0-9+/]+={0,2}", sealed)
    assert scalar(database, "select ttdb.key_id_of(%s)", (sealed,)) == "cards.2026"
    assert scalar(database, DECRYPT, (sealed, KEY)) == text


def test_equal_texts_look_different(database: Connection, sealed: str) -> None:
    assert scalar(database, ENCRYPT, (TEXT, "cards.2026", KEY)) != sealed


def test_null_stays_null(database: Connection) -> None:
    assert scalar(database, ENCRYPT, (None, "a", KEY)) is None
    assert scalar(database, DECRYPT, (None, KEY)) is None
    assert scalar(database, "select ttdb.reencrypt(null, %s, 'b', %s)", (KEY, OTHER)) is None


def test_reencrypting_changes_the_key_and_nothing_else(database: Connection, sealed: str) -> None:
    moved = scalar(database, "select ttdb.reencrypt(%s, %s, 'cards.2027', %s)", (sealed, KEY, OTHER))

    assert scalar(database, "select ttdb.key_id_of(%s)", (moved,)) == "cards.2027"
    assert scalar(database, DECRYPT, (moved, OTHER)) == TEXT


def _told(database: Connection, sealed: str, key: str | None) -> str:
    with pytest.raises(psycopg.DatabaseError) as refused:
        database.execute(DECRYPT, (sealed, key))
    assert refused.value.sqlstate == "TTDEC"
    told = refused.value.diag
    return " ".join(str(part) for part in (told.message_primary, told.message_detail, told.message_hint, told.context))


@pytest.mark.parametrize("key", [OTHER, "", None, KEY[:-1]])
def test_another_key_opens_nothing_and_is_not_shown(database: Connection, sealed: str, key: str | None) -> None:
    told = _told(database, sealed, key)

    assert 'the key "cards.2026"' in told
    assert not key or key not in told


def test_changed_text_is_refused(database: Connection, sealed: str) -> None:
    head, body = sealed.rsplit(":", 1)
    for position in range(0, len(body.rstrip("=")), 7):
        changed = body[:position] + ("A" if body[position] != "A" else "B") + body[position + 1 :]
        told = _told(database, f"{head}:{changed}", KEY)
        assert KEY not in told


def test_changed_key_id_is_refused(database: Connection, sealed: str) -> None:
    assert KEY not in _told(database, sealed.replace("cards.2026", "cards.2027"), KEY)
    assert KEY not in _told(database, sealed.replace("cards.2026", "cards.202"), KEY)


@pytest.mark.parametrize("text", ["4242 plain", "ttdb1:", "ttdb1:a b:xx", "ttdb2:a:xxxx", ""])
def test_what_was_never_encrypted_is_refused_without_showing_it(database: Connection, text: str) -> None:
    told = _told(database, text, KEY)

    assert "not an encrypted text" in told
    assert not text or text not in told.replace("ttdb1:<key id>", "")
    assert scalar(database, "select ttdb.key_id_of(%s)", (text,)) is None


@pytest.mark.parametrize(
    ("key_id", "key", "code"),
    [("a", "short", "TTKEY"), ("a", None, "TTKEY"), ("a:b", KEY, "TTKID"), (None, KEY, "TTKID")],
)
def test_senseless_key_is_refused_without_showing_it(
    database: Connection, key_id: str | None, key: str | None, code: str
) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        database.execute(ENCRYPT, (TEXT, key_id, key))
    assert refused.value.sqlstate == code
    assert refused.value.diag.message_hint
    assert "4242" not in str(refused.value)
    assert "short" not in str(refused.value.diag.message_hint)


@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "ttdb_operator"])
def test_services_encrypt_and_decrypt(database: Connection, sealed: str, role: str) -> None:
    with acting_as(database, role):
        assert scalar(database, DECRYPT, (sealed, KEY)) == TEXT
        assert scalar(database, "select ttdb.key_id_of(ttdb.encrypt('x', 'b', %s))", (OTHER,)) == "b"


@pytest.mark.parametrize("role", ["ttdb_support", "ttdb_auditor"])
def test_people_who_look_do_not_decrypt(database: Connection, sealed: str, role: str) -> None:
    with acting_as(database, role), pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(DECRYPT, (sealed, KEY))


def test_functions_follow_the_extension_into_another_schema(database: Connection, sealed: str) -> None:
    database.execute('create schema "Else where"; grant usage on schema "Else where" to ttdb_app')
    database.execute('alter extension pgcrypto set schema "Else where"')

    with acting_as(database, "ttdb_app"):
        assert scalar(database, DECRYPT, (sealed, KEY)) == TEXT


def test_extension_s_functions_are_no_drift(database: Connection) -> None:
    described = database.execute("select identity from ttdb.definitions_in('{ttdb, ttdb_pgcrypto}')").fetchall()

    assert [identity for (identity,) in described if "pgp_" in identity or "pgcrypto." in identity] == []


def test_extension_that_was_found_stays_with_the_downgrade(server: Throwaway) -> None:
    with fresh_database(server.url) as url:
        with connect(url) as admin:
            admin.execute("create extension pgcrypto")  # in schema public
        upgrade(url, Settings(), revision="engine@head")
        with connect(url) as admin:
            sealed = scalar(admin, ENCRYPT, (TEXT, "a", KEY))
            assert scalar(admin, DECRYPT, (sealed, KEY)) == TEXT
            assert scalar(admin, "select to_regnamespace('ttdb_pgcrypto') is null") is True
            assert scalar(admin, "select outcome from ttdb.ledger where step = 'extension-pgcrypto'") == "found"
        downgrade(url, Settings(), "engine_0004", silent)
        with connect(url) as admin:
            assert scalar(admin, "select count(*) from pg_extension where extname = 'pgcrypto'") == 1


def test_extension_of_ours_goes_with_the_downgrade_and_comes_back(server: Throwaway) -> None:
    with fresh_database(server.url) as url:
        for _ in range(2):
            upgrade(url, Settings(), revision="engine@head")
            with connect(url) as admin:
                owner = "select pg_get_userbyid(extowner) from pg_extension where extname = 'pgcrypto'"
                assert scalar(admin, owner) == "ttdb_owner"
            downgrade(url, Settings(), "engine_0004", silent)
            with connect(url) as admin:
                assert scalar(admin, "select count(*) from pg_extension where extname = 'pgcrypto'") == 0
                assert scalar(admin, "select to_regnamespace('ttdb_pgcrypto') is null") is True


@pytest.mark.parametrize(
    ("before", "said", "advice"),
    [
        (
            "create schema crypto; create extension pgcrypto schema crypto",
            "it stands in schema crypto, which not all of ttdb_app, ttdb_worker, ttdb_operator may use",
            "grant usage on schema crypto to ttdb_app, ttdb_worker, ttdb_operator;",
        ),
        ("create schema ttdb_pgcrypto", "a schema of this name stands", "create extension pgcrypto"),
    ],
)
def test_extension_out_of_reach_stops_the_upgrade_before_it_begins(
    server: Throwaway, before: LiteralString, said: str, advice: str
) -> None:
    with fresh_database(server.url) as url:
        with connect(url) as admin:
            admin.execute(before)
        with pytest.raises(Conflicts) as refused:
            upgrade(url, Settings(), revision="engine@head")
        with connect(url) as admin:
            assert scalar(admin, "select to_regnamespace('ttdb') is null") is True

    assert said in str(refused.value.conflicts)
    assert advice in str(refused.value.conflicts)
