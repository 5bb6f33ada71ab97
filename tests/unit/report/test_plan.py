"""A plan is read by a person, also where a revision does the same to very many tables."""

from dataclasses import replace

from ttdb.model.migration import Conflict, PlannedStep, TableSize
from ttdb.report.migration import plan_text

ONE = PlannedStep("b", "close-public-a", "pending", "ttdb_owner", transaction=True, relations=("public.a",))
MANY = [
    replace(
        ONE,
        step=f"{kind}-public-t{number}",
        lock="a moment",
        tables=(TableSize(f"public.t{number}", 1024, 1),),
        refuses_prepared=kind == "column",
    )
    for number in range(150)
    for kind in ("close", "column")
]


def test_steps_of_many_tables_are_summed_up_by_what_they_do() -> None:
    shown = plan_text([replace(ONE, revision="a"), *MANY])

    assert shown.splitlines() == [
        "pending   a close-public-a  transaction   ttdb_owner",
        "pending   b close-...: 150 steps, 150 kB; lock: a moment",
        "pending   b column-...: 150 steps, 150 kB; lock: a moment",
        '          a prepared "select *" of 150 tables is refused once on each connection',
        "          --format json names each step with its table",
        "301 steps, 301 to run. Nothing was changed.",
    ]


def test_what_is_in_the_way_of_one_of_them_is_named() -> None:
    conflict = Conflict("public.t7", "it stands without the column x", "Add it.")

    shown = plan_text([*MANY, replace(MANY[0], state="conflict", conflicts=(conflict,))])

    assert "conflict  public.t7  it stands without the column x" in shown
    assert "conflict  b close-...: 1 step, 1 kB; lock: a moment" in shown
