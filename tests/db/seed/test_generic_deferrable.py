"""Keys that are asked at the end of a transaction, which cannot pass over a row that another has."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection
from ttdb.seed import seed

_STAGES = """
create table public.workspaces (id int primary key);
create table public.pipelines (
    id int primary key, workspace_id int not null references public.workspaces, unique (workspace_id, id)
);
create table public.stages (
    id int primary key, pipeline_id int not null references public.pipelines,
    position smallint not null check (position >= 1), {key}
);
"""
_KEY = "unique (pipeline_id, position) deferrable initially deferred"


@pytest.mark.parametrize("key", [_KEY, "unique (pipeline_id, position)"])
def test_more_rows_are_added_beside_those_that_stand(database: Connection, key: str) -> None:
    database.execute(_STAGES.format(key=key).encode())
    seed(database, "generic", rows=30, seed=2)

    report = seed(database, "generic", rows=40, append=True, seed=1)

    assert report.exceptions == {}
    assert line(database, "select count(*) from public.stages") == (40,)


def test_small_number_is_counted_in_a_large_table(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.kinds (id smallint primary key check (id between 1 and 12));
        create table public.stages (
            kind_id smallint not null references public.kinds, position smallint not null check (position >= 1),
            unique (kind_id, position) deferrable initially deferred
        );
        """,
        rows=33_000,
    )

    assert report.rows["public.stages"] == 33_000


def test_number_of_few_values_is_counted(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.kinds (id smallint primary key check (id between 1 and 30));
        create table public.lesson (
            kind_id smallint not null references public.kinds, slot int not null check (slot between 1 and 12),
            unique (kind_id, slot) deferrable
        );
        """,
        rows=400,
    )

    assert report.rows["public.lesson"] == 12 * report.rows["public.kinds"]


@pytest.mark.parametrize("tenant", ["", "tenant_id"])
def test_circle_through_the_rows_own_key_is_closed(database: Connection, tenant: str) -> None:
    column, own = (f"{tenant} int not null references public.tenants,", f"{tenant},") if tenant else ("", "")
    report = filled(
        database,
        f"""
        create table public.tenants (id int primary key);
        create table public.topics ({column} id bigint, first_post bigint not null, primary key ({own} id));
        create table public.posts (
            {column} id bigint, topic bigint not null, primary key ({own} id), unique ({own} topic, id),
            foreign key ({own} topic) references public.topics
        );
        alter table public.topics add foreign key ({own} id, first_post) references public.posts ({own} topic, id)
            deferrable initially deferred;
        """,
    )

    assert (report.rows["public.topics"], report.rows["public.posts"], report.exceptions) == (60, 60, {})
