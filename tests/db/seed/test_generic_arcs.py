"""References of which a rule wants some set and others not."""

import pytest
from support.seeding import filled, line, values

from ttdb.postgres.connect import Connection

_EXACTLY_ONE = {
    "num_nonnulls": "check (num_nonnulls(a_id, b_id, c_id) = 1)",
    "num_nulls": "check (num_nulls(a_id, b_id, c_id) = 2)",
    "or": "check ((a_id is not null and b_id is null and c_id is null)"
    " or (a_id is null and b_id is not null and c_id is null)"
    " or (a_id is null and b_id is null and c_id is not null))",
    "sum": "check ((a_id is not null)::int + (b_id is not null)::int + (c_id is not null)::int = 1)",
    "kind": "kind text not null, check (kind in ('a', 'b', 'c')), check ((kind = 'a') = (a_id is not null)),"
    " check ((kind = 'b') = (b_id is not null)), check ((kind = 'c') = (c_id is not null))",
    "of four": "d_id int references public.d, body text not null, check (num_nonnulls(a_id, b_id, c_id, d_id) = 1)",
}
_PARENTS = """
create table public.a (id int primary key);
create table public.b (id int primary key);
create table public.c (id int primary key);
create table public.d (id int primary key);
"""


@pytest.mark.parametrize("rule", _EXACTLY_ONE.values(), ids=_EXACTLY_ONE)
def test_exactly_one_of_the_references_is_set(database: Connection, rule: str) -> None:
    report = filled(
        database,
        f"""
        {_PARENTS}
        create table public.note (
            id int primary key, a_id int references public.a, b_id int references public.b,
            c_id int references public.c, {rule}
        );
        """,
    )

    assert (report.rows["public.note"], report.exceptions) == (60, {})
    assert min(line(database, "select count(a_id), count(b_id), count(c_id) from public.note")) > 0


def test_references_that_are_set_are_of_the_rows_own_tenant(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.tenants (id int primary key);
        create table public.a (
            id int primary key, tenant_id int not null references public.tenants, unique (tenant_id, id)
        );
        create table public.b (
            id int primary key, tenant_id int not null references public.tenants, unique (tenant_id, id)
        );
        create table public.c (
            id int primary key, tenant_id int not null references public.tenants, unique (tenant_id, id)
        );
        create table public.note (
            id int primary key, tenant_id int not null references public.tenants, a_id int, b_id int, c_id int,
            parent_id int references public.note,
            foreign key (tenant_id, a_id) references public.a (tenant_id, id),
            foreign key (tenant_id, b_id) references public.b (tenant_id, id),
            foreign key (tenant_id, c_id) references public.c (tenant_id, id),
            check (num_nonnulls(a_id, b_id, c_id, parent_id) = 1)
        );
        """,
    )

    assert report.exceptions == {}
    assert min(values(database, "select unnest(array[count(a_id), count(b_id), count(c_id)]) from public.note")) > 0
