"""What comes of one attack, as findings and what is left unproven."""

from collections.abc import Iterator

from ttdb.model.validation import Finding, Reach, Unproven
from ttdb.validate.holding import Holds
from ttdb.validate.library import Attack
from ttdb.validate.world import World


def results(attack: Attack, world: World) -> Iterator[Finding | Unproven]:
    """Run one attack; once more where a probe took too long, as on a busy machine: what is ended twice is unproven."""
    before = dict(world.tried)
    unproven: list[Unproven] = []
    yield from _findings(attack, world, unproven)
    ended = world.sessions.holds.taken()
    if ended:
        leaks = {key: came for key, came in world.tried.items() if came[0] is Reach.LEAKS}
        world.tried = before | leaks
        unproven.clear()
        yield from _findings(attack, world, unproven)
        unproven += Holds.unproven(ended & world.sessions.holds.taken())
    yield from unproven


def _findings(attack: Attack, world: World, unproven: list[Unproven]) -> Iterator[Finding]:
    for result in attack.run(world):
        if isinstance(result, Unproven):
            unproven.append(result)
        else:
            yield result.finding(attack.unit)
