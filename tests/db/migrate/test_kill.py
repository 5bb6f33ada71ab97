"""A killed migration continues, and ends where an undisturbed one does."""

import os
import signal
import traceback

import pytest
from support.catalog import catalog
from support.databases import connect
from support.migrating import SETTINGS, Place

from ttdb.errors import Conflicts
from ttdb.migrate import script, status
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import Event, silent

# Without those that ready a standing table.
STEPS = sum(not step.prepares for item in script.directory().walk_revisions() for step in script.steps(item))


def die(event: Event) -> None:
    """Die as kill -9 would have it, right after a step is committed."""
    if event.kind == "step":
        os.kill(os.getpid(), signal.SIGKILL)


def killed_after_one_step(place: Place, direction: str) -> bool:
    """Run one step in a process that dies after it; tell whether there was a step to run."""
    child = os.fork()
    if child == 0:
        try:
            if direction == "up":
                upgrade(place.migrator, SETTINGS, on_event=die)
            else:
                downgrade(place.migrator, SETTINGS, "base", on_event=die)
        except BaseException:  # noqa: BLE001 - a forked child must end here, whatever happens
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def steps_with_a_kill_after_each(place: Place, direction: str) -> int:
    """Go all the way, one step a process; return how many steps that took."""
    steps = 0
    while killed_after_one_step(place, direction):
        steps += 1
    return steps


@pytest.mark.timeout(1800)  # a process for each step
def test_upgrade_killed_between_any_two_steps_ends_in_the_same_catalog(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    undisturbed = catalog(place.admin)
    downgrade(place.migrator, SETTINGS, "base")

    ups = steps_with_a_kill_after_each(place, "up")

    assert ups == STEPS
    assert catalog(place.admin) == undisturbed


@pytest.mark.timeout(1800)  # as above
def test_downgrade_killed_between_any_two_steps_ends_in_the_same_catalog(place: Place) -> None:
    empty = catalog(place.admin)
    upgrade(place.migrator, SETTINGS)
    downgrade(place.migrator, SETTINGS, "base")
    emptied = catalog(place.admin)
    upgrade(place.migrator, SETTINGS)

    downs = steps_with_a_kill_after_each(place, "down")

    assert downs == STEPS
    assert catalog(place.admin) == emptied
    assert [line for line in emptied if line not in empty and "alembic_version" not in line] == []


def test_upgrade_after_a_half_done_downgrade_fills_the_gaps(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    undisturbed = catalog(place.admin)
    for _ in range(5):
        assert killed_after_one_step(place, "down")
    assert catalog(place.admin) != undisturbed

    upgrade(place.migrator, SETTINGS)

    assert catalog(place.admin) == undisturbed


def test_what_stands_in_the_way_of_filling_the_gaps_is_told_before_anything_changes(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    for _ in range(8):
        assert killed_after_one_step(place, "down")
    with connect(place.admin) as admin:
        admin.execute("create table ttdb.older_settings (n int)")
    half = catalog(place.admin)
    planned = {item.step: item.state for item in status.plan(place.migrator, "heads", silent)}

    with pytest.raises(Conflicts) as refused:
        upgrade(place.migrator, SETTINGS)

    assert "ttdb.older_settings" in str(refused.value.conflicts)
    assert "conflict" in planned.values()
    assert catalog(place.admin) == half


def test_downgrade_after_a_half_done_upgrade_undoes_what_was_done(place: Place) -> None:
    empty = catalog(place.admin)
    for _ in range(7):
        assert killed_after_one_step(place, "up")

    downgrade(place.migrator, SETTINGS, "base")

    assert [line for line in catalog(place.admin) if line not in empty and "alembic_version" not in line] == []
