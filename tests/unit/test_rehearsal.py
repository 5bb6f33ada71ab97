"""What was planned beside what was measured: scaled to the live sizes, and told where it is more."""

import pytest

from ttdb.model.migration import PlannedStep, TableSize
from ttdb.workflows.rehearse import ComparedStep, MeasuredStep
from ttdb.workflows.rehearse.compare import apart, compared, overhead, sizes
from ttdb.workflows.rehearse.measure import mode_name
from ttdb.workflows.rehearse.model import Lock

GIGABYTE = 2**30


def planned(
    step: str, work: str, lock: str = "none on what stands", *, seconds: float = 0.0, size: int = 0
) -> PlannedStep:
    tables = (TableSize("public.orders", size, 1),) if size else ()
    return PlannedStep(
        "test_0001",
        step,
        "pending",
        "ttdb_owner",
        transaction=True,
        relations=(),
        lock=lock,
        work=work,
        tables=tables,
        seconds=seconds,
    )


def took(step: str, seconds: float, *locks: Lock, rewritten: tuple[str, ...] = ()) -> MeasuredStep:
    return MeasuredStep("test_0001", step, "done", seconds, locks, rewritten)


def one(item: PlannedStep, measured: MeasuredStep, copied: dict[str, int] | None = None) -> ComparedStep:
    (found,) = compared([item], [measured], copied or {}, 0.01)
    return found


def test_what_every_step_takes_is_the_median_of_those_that_touch_no_row() -> None:
    plan = [
        planned("a", "catalog only"),
        planned("b", "catalog only"),
        planned("c", "catalog only"),
        planned("d", "scan"),
    ]
    measured = [took("a", 0.01), took("b", 0.02), took("c", 3.0), took("d", 100.0)]

    assert overhead(plan, measured) == 0.02
    assert overhead(plan, []) == 0.0


@pytest.mark.parametrize(
    ("work", "live"), [("scan", 9.01), ("build", 9.01), ("rewrite", 9.01), ("batches", 9.01), ("catalog only", 0.1)]
)
def test_time_with_rows_is_scaled_by_the_size_of_the_tables(work: str, live: float) -> None:
    found = one(planned("a", work, size=100 * GIGABYTE), took("a", 0.1), {"public.orders": GIGABYTE})

    assert found.live_seconds == pytest.approx(live)


def test_copy_without_rows_tells_nothing_of_times() -> None:
    (found,) = compared([planned("a", "scan", size=GIGABYTE)], [took("a", 0.1)], None, 0.01)

    assert found.live_seconds is None


def test_step_that_was_not_reached_has_no_measure() -> None:
    (found,) = compared([planned("a", "scan")], [], {}, 0.01)

    assert (found.measured, found.live_seconds, found.surprises) == (None, None, ())


@pytest.mark.parametrize(
    ("lock", "held", "surprise"),
    [
        ("none on what stands", "SHARE ROW EXCLUSIVE", True),
        ("none on tables", "ROW EXCLUSIVE", False),
        ("SHARE ROW EXCLUSIVE: writers wait for a moment", "SHARE ROW EXCLUSIVE", False),
        ("SHARE ROW EXCLUSIVE: writers wait for a moment", "ACCESS EXCLUSIVE", True),
        ("SHARE UPDATE EXCLUSIVE: neither readers nor writers wait", "SHARE", True),
        ("ACCESS EXCLUSIVE, for a moment", "ACCESS EXCLUSIVE", False),
        ("not known beforehand", "ACCESS EXCLUSIVE", False),
    ],
)
def test_stronger_lock_than_planned_is_a_surprise(lock: str, held: str, surprise: bool) -> None:  # noqa: FBT001 - a case
    found = one(planned("a", "catalog only", lock), took("a", 0.1, Lock("public.orders", held)))

    assert found.surprises == ((f"held {held} on public.orders",) if surprise else ())


def test_rewrite_and_time_that_were_not_planned_are_surprises() -> None:
    found = one(planned("a", "catalog only"), took("a", 1.5, rewritten=("public.orders",)))

    assert found.surprises == ("wrote public.orders anew", "took 1.5 s, and was to touch no row")
    assert one(planned("a", "rewrite"), took("a", 1.5, rewritten=("public.orders",))).surprises == ()


def test_steps_furthest_from_the_plan_come_first_and_those_as_planned_not_at_all() -> None:
    plan = [
        planned("a", "catalog only", seconds=1.0),
        planned("b", "catalog only", seconds=5.0),
        planned("c", "catalog only"),
    ]
    found = compared(plan, [took("a", 2.0), took("b", 0.5), took("c", 0.01)], {}, 0.0)

    assert [step.step for step in apart(found, 0.0, 5)] == ["b", "a"]
    assert [step.step for step in apart(found, 0.0, 1)] == ["b"]


def test_sizes_are_by_table() -> None:
    assert sizes([planned("a", "scan", size=3), planned("b", "scan", size=3)]) == {"public.orders": 3}


@pytest.mark.parametrize(
    ("mode", "word"),
    [
        ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
        ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
        ("ShareLock", "SHARE"),
    ],
)
def test_modes_are_written_as_people_do(mode: str, word: str) -> None:
    assert mode_name(mode) == word
