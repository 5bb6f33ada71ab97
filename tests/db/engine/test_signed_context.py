"""The signed tenant context: only a token counts, every plan knows it, and a puzzled engineer is told why."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest
from support.databases import acting_as, connect

from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url
from ttdb.tokens import Key, mint, verify

A, B = UUID("11111111-1111-1111-1111-111111111111"), UUID("22222222-2222-2222-2222-222222222222")
COUNT: LiteralString = "select count(*) from public.notes"
CALLS: LiteralString = "select coalesce(pg_stat_get_xact_function_calls('ttdb.verified_tenant_id()'::regprocedure), 0)"


@dataclass(frozen=True)
class Signed:
    """A database with two tenants' notes, whose context must be signed."""

    connection: Connection
    key: Key

    def sees(self, setting: str) -> list[str]:
        """Return the authors that a session of the application sees with this in the setting."""
        with acting_as(self.connection, "ttdb_app", setting):
            return [name for (name,) in self.connection.execute("select author from public.notes order by author")]


def new_key(connection: Connection) -> Key:
    row = connection.execute("select key_id, secret from ttdb.create_context_key()").fetchone()
    assert row
    return Key(*row)


@pytest.fixture
def signed(protected: Connection) -> Signed:
    key = new_key(protected)
    protected.execute("select ttdb.require_signed_context(true)")
    return Signed(protected, key)


def test_token_of_the_service_is_its_tenant(signed: Signed) -> None:
    assert signed.sees(mint(A, signed.key)) == ["Ada"]
    assert signed.sees(mint(str(B).upper(), signed.key)) == ["Bob"]


def test_token_of_the_database_is_its_tenant_there_and_here(signed: Signed) -> None:
    with acting_as(signed.connection, "ttdb_operator"):
        token = scalar(signed.connection, "select ttdb.sign_context(%s)", (A,))

    assert signed.sees(token) == ["Ada"]
    assert verify(token, [signed.key]) == A


def test_bare_tenant_is_nobody(signed: Signed) -> None:
    assert signed.sees(str(A)) == []


def test_every_changed_character_is_nobody(signed: Signed) -> None:
    token = mint(A, signed.key)
    changed = [
        token[:position] + other + token[position + 1 :]
        for position, letter in enumerate(token)
        for other in ("0" if letter != "0" else "1", ".", "\u00e9", "'")
        if other != letter
    ]
    with acting_as(signed.connection, "ttdb_app"):
        for text in changed:
            signed.connection.execute("select set_config('app.current_tenant_id', %s, true)", (text,))
            assert scalar(signed.connection, "select ttdb.tenant_id()") is None, text


def test_changed_token_is_nobody_and_no_error(signed: Signed) -> None:
    token = mint(A, signed.key)
    head, _, signature = token.rpartition(".")
    expiry = head.rpartition(".")[2]
    changed = {
        "other tenant": token.replace(str(A), str(B)),
        "later": token.replace(expiry, "99999999999"),
        "much later": token.replace(expiry, "9" * 30),
        "without a signature": head,
        "signature of zeros": f"{head}.{'0' * 64}",
        "capitals": f"{head}.{signature.upper()}",
        "line end": token + "\n",
        "longer": token + "0",
        "space": " " + token,
        "many": token * 1000,
        "other version": token.replace("v1", "v2"),
    }

    assert [name for name, text in changed.items() if signed.sees(text)] == []


def test_signatures_cut_out_of_other_tokens_are_worth_nothing(signed: Signed) -> None:
    a, b = mint(A, signed.key), mint(B, signed.key)

    assert signed.sees(f"{a.rpartition('.')[0]}.{b.rpartition('.')[2]}") == []


def test_expired_token_is_nobody(signed: Signed) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)

    assert signed.sees(mint(A, signed.key, timedelta(minutes=59), at=hour_ago)) == []
    assert signed.sees(str(scalar(signed.connection, "select ttdb.sign_context(%s, '-1 second')", (A,)))) == []


def test_token_that_ends_within_a_transaction_carries_it_to_its_end(signed: Signed) -> None:
    """Half a transaction without rows would be committed as if it were whole."""
    with acting_as(signed.connection, "ttdb_app", mint(A, signed.key, timedelta(seconds=1, milliseconds=999))):
        assert scalar(signed.connection, COUNT) == 1
        signed.connection.execute("select pg_sleep(2.1)")
        assert scalar(signed.connection, COUNT) == 1


def test_another_database_s_key_is_nobody(signed: Signed) -> None:
    assert signed.sees(mint(A, Key("k1", "0f" * 32))) == []
    assert signed.sees(mint(A, Key(signed.key.key_id, "0f" * 32))) == []


def test_keys_overlap_while_one_follows_another(signed: Signed) -> None:
    following = new_key(signed.connection)
    assert signed.sees(mint(A, signed.key)) == signed.sees(mint(A, following)) == ["Ada"]

    signed.connection.execute("select ttdb.retire_context_key(%s)", (signed.key.key_id,))

    assert signed.sees(mint(A, signed.key)) == []
    assert signed.sees(mint(A, following)) == ["Ada"]
    listed = signed.connection.execute("select key_id, retired_at is not null from ttdb.list_context_keys()").fetchall()
    assert listed == [(signed.key.key_id, True), (following.key_id, False)]


def test_writes_are_held_to_the_token_s_tenant(signed: Signed) -> None:
    with acting_as(signed.connection, "ttdb_app", mint(A, signed.key)):
        added = "insert into public.notes (author) values ('Ann') returning tenant_id"
        assert scalar(signed.connection, added) == A
        assert signed.connection.execute("update public.notes set secret = 'x'").rowcount == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            signed.connection.execute("insert into public.notes (tenant_id) values (%s)", (B,))


def test_token_is_verified_once_for_each_table_a_query_names(signed: Signed) -> None:
    connection = signed.connection
    connection.execute(
        "insert into public.notes (tenant_id, author) select %s, n from generate_series(1, 500) as n", (A,)
    )
    connection.execute("set track_functions = 'all'")
    with acting_as(connection, "ttdb_app", mint(A, signed.key)):
        assert scalar(connection, COUNT) == 501
        assert scalar(connection, CALLS) == 1
        three = (
            "select count(*) from public.notes as a join public.notes as b using (id) join public.notes as c using (id)"
        )
        assert scalar(connection, three) == 501
        assert scalar(connection, CALLS) == 4


def test_index_serves_a_signed_tenant(signed: Signed) -> None:
    connection = signed.connection
    connection.execute("create index on public.notes (tenant_id, author)")
    connection.execute(
        "insert into public.notes (tenant_id, author) select gen_random_uuid(), n from generate_series(1, 5000) as n"
    )
    connection.execute("analyze public.notes")
    with acting_as(connection, "ttdb_app", mint(A, signed.key)):
        plan = str(connection.execute("explain select * from public.notes where author = 'Ada'").fetchall())

    assert "Index Cond: ((tenant_id = " in plan
    assert "InitPlan" in plan


def test_unsigned_context_costs_no_call(protected: Connection) -> None:
    protected.execute("set track_functions = 'all'")
    with acting_as(protected, "ttdb_app", str(A)):
        assert scalar(protected, COUNT) == 1
        assert scalar(protected, CALLS) == 0


def test_services_change_to_tokens_before_bare_tenants_end(protected: Connection) -> None:
    either = Signed(protected, new_key(protected))

    assert either.sees(str(A)) == either.sees(mint(A, either.key)) == ["Ada"]
    assert either.sees(mint(A, Key(either.key.key_id, "0f" * 32))) == []
    with acting_as(protected, "ttdb_app", mint(A, Key("k1", "0f" * 32))):
        assert scalar(protected, "select state from ttdb.context()") == "refused"


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
def test_decision_reaches_plans_that_other_sessions_keep(engine_url: Url, database: Connection, mode: str) -> None:
    """A plan holds the constant: one kept from before the decision would go on believing bare tenants."""
    database.execute("insert into public.tenants (id, name, slug, status) values (%s, 'A', 'a', 'ACTIVE')", (A,))
    new_key(database)
    with connect(engine_url) as other:
        other.execute("select set_config('plan_cache_mode', %s, false)", (mode,))
        other.execute("set role ttdb_app")
        other.execute("prepare kept as select count(*) from public.tenants")
        other.execute("select set_config('app.current_tenant_id', %s, false)", (str(A),))
        assert scalar(other, "execute kept") == 1

        database.execute("select ttdb.require_signed_context(true)")
        assert scalar(other, "execute kept") == 0

        database.execute("select ttdb.require_signed_context(false)")
        assert scalar(other, "execute kept") == 1


def test_decision_is_no_drift(signed: Signed) -> None:
    differing: LiteralString = """
        select m.identity from ttdb.managed_objects as m
        where m.kind = 'function' and m.identity ~ '^ttdb[.]' and not exists (
            select from ttdb.definitions_in('{ttdb}') as d
            where d.kind = m.kind and d.identity = m.identity and d.definition = m.definition
        )
    """

    assert signed.connection.execute(differing).fetchall() == []


def test_signing_is_refused_without_a_key(database: Connection) -> None:
    with pytest.raises(psycopg.DatabaseError, match="no key to sign") as refused:
        database.execute("select ttdb.require_signed_context(true)")
    assert refused.value.sqlstate == "TTKEY"
    assert "ttdb.create_context_key()" in str(refused.value.diag.message_hint)

    with pytest.raises(psycopg.DatabaseError, match="no key to sign"):
        database.execute("select ttdb.sign_context(%s)", (A,))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("select ttdb.require_signed_context(null)", "TTSGN"),
        ("select ttdb.retire_context_key('k1')", "TTKEY"),
        ("select ttdb.sign_context(null)", "TTTOK"),
        ("select ttdb.sign_context(gen_random_uuid(), '2 days')", "TTTOK"),
    ],
)
def test_senseless_calls_are_refused_with_advice(signed: Signed, call: LiteralString, code: str) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        signed.connection.execute(call)

    assert refused.value.sqlstate == code
    assert refused.value.diag.message_hint


def test_nobody_reads_the_keys(signed: Signed) -> None:
    for role in ("app", "worker", "support", "auditor", "owner", "operator", "masker"):
        with acting_as(signed.connection, f"ttdb_{role}"):
            signed.connection.execute("set local row_security = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                signed.connection.execute("select * from ttdb.context_keys")


@pytest.mark.parametrize(
    "call",
    [
        "select ttdb.sign_context(gen_random_uuid())",
        "select * from ttdb.create_context_key()",
        "select ttdb.retire_context_key('k1')",
        "select * from ttdb.list_context_keys()",
        "select ttdb.require_signed_context(false)",
    ],
)
def test_services_neither_sign_nor_decide(signed: Signed, call: LiteralString) -> None:
    for role in ("ttdb_app", "ttdb_worker", "ttdb_support", "ttdb_auditor", "ttdb_masker"):
        with (
            acting_as(signed.connection, role),
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for function"),
        ):
            signed.connection.execute(call)


@pytest.mark.parametrize(
    ("setting", "state", "said"),
    [
        (None, "unset", "<token>"),
        ("nonsense", "malformed", "not a token"),
        (str(A), "unsigned", "signed ones only"),
        (mint(A, Key("k1", "0f" * 32), timedelta(days=1)), "refused", "its key was retired"),
        (
            mint(A, Key("k1", "0f" * 32), at=datetime.now(UTC) - timedelta(hours=5)),
            "expired",
            "before this transaction began",
        ),
    ],
)
def test_context_tells_what_is_wrong_with_a_token(signed: Signed, setting: str | None, state: str, said: str) -> None:
    with connect_like(signed) as fresh, acting_as(fresh, "ttdb_app", setting):
        row = fresh.execute("select state, tenant_id, advice from ttdb.context()").fetchone()
    assert row
    assert row[:2] == (state, None)
    assert said in row[2]


def test_context_is_content_with_a_good_token(signed: Signed) -> None:
    with acting_as(signed.connection, "ttdb_app", mint(A, signed.key)):
        assert scalar(signed.connection, "select tenant_id from ttdb.context() where state = 'ok'") == A


def connect_like(signed: Signed) -> Connection:
    """Open another session, in which nothing was ever set."""
    info = signed.connection.info
    return psycopg.connect(info.dsn, password=info.password, autocommit=True)
