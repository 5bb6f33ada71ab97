"""Every object says what it is for: who meets it in psql need not look for us."""

from pathlib import Path

from psycopg import sql
from support.databases import connect

from ttdb.postgres.url import Url

_UNCOMMENTED = (Path(__file__).parent / "uncommented.sql").read_text(encoding="utf-8")


def uncommented(url: Url) -> list[str]:
    with connect(url) as connection:
        return [line for (line,) in connection.execute(sql.SQL(_UNCOMMENTED))]


def test_every_object_has_a_comment(engine_url: Url) -> None:
    assert uncommented(engine_url) == []


def test_a_month_made_later_has_its_comments(seeded_url: Url) -> None:
    with connect(seeded_url) as connection:
        connection.execute("set role ttdb_owner; select ttdb.ensure_partitions('2031-01-01', '2031-01-01')")
        row = connection.execute("select to_regclass('public.audit_logs_2031_01')").fetchone()

    assert row != (None,)
    assert uncommented(seeded_url) == []


def test_lack_of_a_comment_is_seen(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        connection.execute(
            "comment on column public.orders.total_amount is null;"
            "comment on trigger _900_record_change on public.orders is null;"
            "comment on policy select_own_tenant on public.orders is null;"
            "comment on constraint orders_pkey on public.orders is null;"
            "create function ttdb.nameless() returns int language sql return 1;"
            "create index nameless_idx on public.orders (created_at)"
        )

    assert uncommented(engine_url) == [
        "column public.orders.total_amount",
        "constraint orders.orders_pkey",
        "function ttdb.nameless()",
        "index public.nameless_idx",
        "policy select_own_tenant on orders",
        "trigger _900_record_change on orders",
    ]
