"""Tables that refer to themselves: a generic seed makes trees of them, with roots where there may be any."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_DEPTH = """
with recursive tree as (
    select id, 0 as depth from public.t where parent_id is null or parent_id = id
    union all
    select t.id, depth + 1 from public.t join tree on t.parent_id = tree.id and t.id <> tree.id
) select count(*), max(depth) > 1 from tree
"""


@pytest.mark.parametrize("null", ["not null", ""])
def test_rows_form_trees(database: Connection, null: str) -> None:
    report = filled(database, f"create table public.t (id int primary key, parent_id int {null} references public.t)")

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, _DEPTH) == (60, True)
    roots = line(database, "select count(*) from public.t where coalesce(parent_id, id) = id")
    assert 0 < roots[0] < (30 if not null else 2)


_APART = {
    "needed": "create table public.t (id int primary key, parent_id int not null references public.t {rule})",
    "may be null": "create table public.t (id int primary key, parent_id int references public.t {rule})",
    "deferred": (
        "create table public.t (id int primary key,"
        " parent_id int not null references public.t deferrable initially deferred {rule})"
    ),
    "different for each": (
        "create table public.t (id int primary key, parent_id int not null unique references public.t {rule})"
    ),
    "of a tenant's own": """
        create table public.tenants (id int primary key);
        create table public.t (
            tenant_id int not null references public.tenants, id uuid default gen_random_uuid(),
            parent_id uuid not null, code text not null unique, primary key (tenant_id, id),
            foreign key (tenant_id, parent_id) references public.t {rule}
        );
    """,
}


@pytest.mark.parametrize("way", _APART)
def test_row_that_may_not_refer_to_itself_refers_to_another(database: Connection, way: str) -> None:
    report = filled(database, _APART[way].format(rule=", check (parent_id <> id)"))

    assert (report.rows["public.t"], report.exceptions) == (60, {})
    assert line(database, "select count(parent_id) > 30 from public.t") == (True,)


def test_rows_that_each_have_one_successor_form_a_chain(database: Connection) -> None:
    report = filled(
        database,
        "create table public.t (id int primary key, next_id int unique references public.t, check (next_id <> id))",
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert line(database, "select count(next_id) > 30 from public.t") == (True,)


@pytest.mark.parametrize(
    "more",
    ["", "deferrable", "deferrable initially deferred, check (up <> no)", ", check (up <> no)"],
)
def test_needed_reference_to_a_row_of_the_same_parent(database: Connection, more: str) -> None:
    report = filled(
        database,
        f"""
        create table public.course (id int primary key);
        create table public.node (
            course_id int not null references public.course, no int not null, up int not null,
            primary key (course_id, no), foreign key (course_id, up) references public.node {more}
        );
        """,
    )

    assert (report.rows["public.node"], report.exceptions) == (60, {})
    assert line(database, "select count(distinct course_id) > 10 from public.node") == (True,)


def test_needed_reference_to_a_row_of_the_same_parent_within_a_tenant(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.tenants (id int primary key);
        create table public.course (id int primary key, tenant_id int not null references public.tenants);
        create table public.node (
            course_id int not null references public.course, no int not null, up int not null,
            primary key (course_id, no), foreign key (course_id, up) references public.node, check (up <> no)
        );
        """,
    )

    assert (report.rows["public.node"], report.exceptions) == (60, {})


_BEFORE = {
    "any": "page int, rev int check (rev > 0), prev int, primary key (page, rev), foreign key (page, prev) {r}",
    "the one before": (
        "page int, rev int check (rev > 0), prev int, primary key (page, rev), foreign key (page, prev) {r},"
        " check (prev = rev - 1)"
    ),
    "of a parent's": (
        "page int references public.pages, rev int, prev int, primary key (page, rev), foreign key (page, prev) {r},"
        " check (prev is null or prev = rev - 1)"
    ),
    "of no series": "rev int primary key, prev int {r}, check (prev = rev - 1)",
}


@pytest.mark.parametrize("way", _BEFORE)
def test_rows_refer_to_an_earlier_one_of_their_series(database: Connection, way: str) -> None:
    columns = _BEFORE[way].format(r="references public.r")
    report = filled(database, f"create table public.pages (id int primary key); create table public.r ({columns})")

    assert (report.rows["public.r"], report.exceptions) == (60, {})
    assert line(database, "select count(prev) > 24 from public.r") == (True,)
