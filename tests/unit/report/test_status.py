"""What a status says of steps that wait."""

from ttdb.model.migration import PlannedStep, Status
from ttdb.report.migration import status_text


def _waiting(revision: str, step: str, *tables: str) -> PlannedStep:
    return PlannedStep(revision, step, "waits", "ttdb_owner", True, tables, waits_for=tables)  # noqa: FBT003 - as it is in the plan


STATUS = Status(
    target="",
    heads=("b",),
    newest=("b",),
    pending=(),
    conflicts=(),
    missing=(),
    lock_holders=(),
    next_command="ttdb validate",
    waiting=(
        _waiting("a", "rule-one", "public.orders", "public.items"),
        _waiting("a", "months", "public.logs"),
        _waiting("b", "keep", "public.logs"),
    ),
)


def test_waiting_steps_are_counted_for_the_tables_that_they_wait_for() -> None:
    assert status_text(STATUS).splitlines()[3:-1] == [
        "waiting   3 steps wait until tables that services write as before are contracted",
        "          public.logs: 2 steps",
        "          public.orders, public.items: 1 step",
        "          ttdb status --verbose names each",
    ]


def test_verbose_names_each_of_them() -> None:
    assert status_text(STATUS, verbose=True).splitlines()[4:-1] == [
        "          a rule-one: public.orders, public.items",
        "          a months: public.logs",
        "          b keep: public.logs",
    ]
