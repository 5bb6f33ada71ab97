"""The masks: what goes in, what comes out, and that nothing makes them fail."""

import re
from typing import LiteralString

import pytest
from psycopg import sql

from ttdb.postgres.connect import Connection

MASKS = ["email", "phone", "name", "ip", "redacted"]
STAND_INS = ["email", "phone", "name", "ip"]  # another for each value
SHAPES = {
    "email": r"user-[0-9a-f]{16}@masked\.example\.com",
    "phone": r"\+999[0-9]{12}",
    "name": r"name-[0-9a-f]{12}",
    "ip": r"2001:db8:[0-9a-f:]+",
    "redacted": r"\(redacted\)",
}
NASTY = [
    "", " ", "a", "@", "x" * 1_000_000, "\U0001f600\U0001f468\u200d\U0001f469", "\u674e\u5c0f\u9f8d",
    "\u202e\u05d0\u05d1", "e\u0301", "\\x", "\\000", "%s", "'; drop table x; --", "\x01\x7f", '{"a": [1]}',
    "2001:db8::1", "\ufffd\ufdfa" * 50, "\u0130\u1e9e\ufb03",
]  # fmt: skip


def apply(
    connection: Connection, mask: str, value: str | None, keys: LiteralString = "inner_key, outer_key"
) -> str | None:
    """Mask one value, with the database's key or with another."""
    query = sql.SQL("select masked.{}(%s, {}) from masked.keys").format(sql.Identifier(mask), sql.SQL(keys))
    row = connection.execute(query, (value,)).fetchone()
    return None if row is None else row[0]


@pytest.mark.parametrize("mask", MASKS)
def test_mask_takes_anything(database: Connection, mask: str) -> None:
    for value in NASTY:
        assert re.fullmatch(SHAPES[mask], apply(database, mask, value) or ""), value[:20]


@pytest.mark.parametrize("mask", MASKS)
def test_null_stays_null(database: Connection, mask: str) -> None:
    assert apply(database, mask, None) is None


@pytest.mark.parametrize("mask", STAND_INS)
def test_mask_is_the_same_within_a_key_and_differs_under_another(database: Connection, mask: str) -> None:
    assert apply(database, mask, "+44 20 7946 0958") == apply(database, mask, "+44 20 7946 0958")
    assert apply(database, mask, "+44 20 7946 0958") != apply(database, mask, "+44 20 7946 0958", "'\\x01', '\\x02'")


@pytest.mark.parametrize(
    ("mask", "one", "other"),
    [
        ("email", "Ada@Example.ORG ", "ada@example.org"),
        ("email", "jose\u0301@x.org", "jos\u00e9@x.org"),
        ("email", "\uff41da@x.org", "ada@x.org"),
        ("email", "ada@x.org\u00a0", "\tada@x.org\r\n"),
        ("phone", "+44 (20) 7946-0958", "+442079460958"),
        ("name", "\u00c9MILE", "\u00e9mile"),
        ("ip", "203.0.113.7/32", "203.0.113.7"),
        ("ip", "2001:DB8::1", "2001:db8::1/128"),
    ],
)
def test_spellings_of_one_value_are_masked_alike(database: Connection, mask: str, one: str, other: str) -> None:
    assert apply(database, mask, one) == apply(database, mask, other)


def test_stand_ins_of_many_values_differ_and_tell_no_length(database: Connection) -> None:
    values = ["x" * length for length in range(1, 200)]
    for mask in STAND_INS:
        made = [apply(database, mask, value) for value in values]
        assert len(set(made)) == len(values), mask
        if mask != "ip":  # whose zeros the server shortens, whatever the value was
            assert len({len(value or "") for value in made}) == 1, mask


def test_masked_address_is_one_that_the_server_reads_and_nobody_has(database: Connection) -> None:
    query = sql.SQL("select %s::inet << '2001:db8::/32'")
    for value in ("203.0.113.7", "::1", "10.0.0.0/8", "nonsense"):
        assert database.execute(query, (apply(database, "ip", value),)).fetchone() == (True,)


def test_redacted_texts_cannot_be_told_from_each_other(database: Connection) -> None:
    assert {apply(database, "redacted", value) for value in ("", "4711", "x" * 500)} == {"(redacted)"}


def test_masks_of_one_value_do_not_join_with_each_other(database: Connection) -> None:
    email, name = apply(database, "email", "ada"), apply(database, "name", "ada")
    assert email is not None
    assert name is not None
    assert name.removeprefix("name-") not in email


def test_each_database_has_a_key_of_its_own_hash_block_size(database: Connection) -> None:
    asked = "select length(inner_key), length(outer_key), inner_key <> outer_key from masked.keys"
    assert database.execute(asked).fetchall() == [(64, 64, True)]


def test_masks_are_found_in_the_catalog(database: Connection) -> None:
    assert {mask for (mask,) in database.execute("select * from masked.masks()")} >= {"plain", "email", "phone", "name"}
    database.execute(
        "create function masked.blank(value text, inner_key bytea, outer_key bytea) returns text"
        " language sql return case when value is not null then '' end"
    )
    assert ("blank",) in database.execute("select * from masked.masks()").fetchall()
