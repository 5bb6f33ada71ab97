"""The statements of docs/howto/maintain-indexes.md run as they stand."""

import re
from pathlib import Path

import pytest
from support.databases import connect

from ttdb.migrate.runner import trusted
from ttdb.postgres.url import Url

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "maintain-indexes.md"
STATEMENTS = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_every_statement_of_the_howto_runs(seeded_url: Url) -> None:
    with connect(seeded_url) as connection:
        for statement in STATEMENTS:
            connection.execute(trusted(statement))

    assert len(STATEMENTS) >= 10


def test_bloat_is_found_and_gone_after_the_rebuild(engine_url: Url) -> None:
    bloat = trusted(next(statement for statement in STATEMENTS if "bytes_expected" in statement))
    rebuild = next(statement for statement in STATEMENTS if statement.startswith("reindex index"))
    with connect(engine_url) as connection:
        connection.execute("create table public.notes (n uuid, kept boolean)")
        connection.execute(
            "insert into public.notes select gen_random_uuid(), i % 4 = 0 from generate_series(1, 60000) as i"
        )
        connection.execute("create index notes_n_idx on public.notes (n)")
        connection.execute("delete from public.notes where not kept")
        connection.execute("vacuum analyze public.notes")
        bloated = [name for name, *_ in connection.execute(bloat)]
        connection.execute(trusted(rebuild.replace("orders_status_idx", "notes_n_idx")))
        connection.execute("analyze public.notes")
        dense = [name for name, *_ in connection.execute(bloat)]

    assert bloated == ["notes_n_idx"]
    assert dense == []


@pytest.mark.parametrize("suffix", ["_ccnew", "_ccold1"])
def test_leftover_of_a_killed_rebuild_is_found(engine_url: Url, suffix: str) -> None:
    leftovers = trusted(next(statement for statement in STATEMENTS if "_cc(new|old)" in statement))
    with connect(engine_url) as connection:
        connection.execute(trusted(f"create index orders_status_idx{suffix} on public.orders (status)"))
        assert connection.execute(leftovers).fetchall() == []
        connection.execute(
            "update pg_index set indisvalid = false where indexrelid = %s::regclass", (f"orders_status_idx{suffix}",)
        )
        (row,) = connection.execute(leftovers).fetchall()
        connection.execute(trusted(row[0]))
        assert connection.execute(leftovers).fetchall() == []
