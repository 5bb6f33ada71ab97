"""One check or attack that fails is unproven; the rest of the report stands."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ttdb.model.validation import Unproven
from ttdb.postgres.url import Url
from ttdb.validate import Request, engine, library, validate
from ttdb.validate.hole import Hole
from ttdb.validate.library import Library
from ttdb.validate.world import World


def _falls(world: World) -> Iterator[Hole | Unproven]:
    message = f"after {world.probes} probes"
    raise KeyError(message)
    yield


def test_failing_check_and_attack_are_unproven(example_url: Url, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = library()
    first = next(check for check in whole.checks if not check.unit.requires)
    checks = [check for check in whole.checks if check is not first]
    attack, *attacks = whole.attacks
    broken = Library(
        (replace(first, query="select 1 / 0"), *checks),
        (replace(attack, run=_falls), *attacks),
    )
    monkeypatch.setattr(engine, "library", lambda: broken)

    report = validate(example_url, Request())

    objects = {each.object for each in report.unproven}
    assert {f"check {first.unit.code}", f"attack {attack.unit.code}"} <= objects
    assert report.checks == len(broken.checks) + len(broken.attacks)


def _falls_in_transaction(world: World) -> Iterator[Hole | Unproven]:
    world.sessions.overseer.execute("begin")
    world.sessions.overseer.execute("select 1 / 0")
    yield Unproven("nothing", "it cannot come so far")


def test_attacks_after_one_that_failed_in_a_transaction_are_proven(
    example_url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = library()
    attack, *attacks = whole.attacks
    broken = Library(whole.checks, (replace(attack, run=_falls_in_transaction), *attacks))
    monkeypatch.setattr(engine, "library", lambda: broken)
    failed = validate(example_url, Request())
    monkeypatch.undo()
    usual = validate(example_url, Request())

    unproven = {each.object for each in failed.unproven} - {each.object for each in usual.unproven}
    assert unproven == {f"attack {attack.unit.code}"}
