"""How many rows were asked for, and whether that makes sense."""

from collections.abc import Mapping

from ttdb.errors import UsageError
from ttdb.seed.scenario import Scenario
from ttdb.seed.world import World

_MOST_PICKED = 5_000_000  # rows of a table that is kept whole: some hundred bytes each
_MOST = 1_000_000_000  # rows of one volume: numbers of rows made per row of it still fit 64 bits


def asked(scenario: Scenario, wanted: Mapping[str, int | None]) -> dict[str, int]:
    """Return the scenario's volumes with those that were asked for instead.

    Raises:
        UsageError: the scenario has no such volume, or the number makes no sense.
        ScenarioInvalid: a number of the scenario's own makes none.

    """
    volumes = dict(scenario.volumes)
    for name, number in wanted.items():
        if number is None:
            continue
        if name not in volumes:
            message = f'scenario "{scenario.name}" has no volume "{name}"'
            raise UsageError(message, f"Its volumes are {', '.join(volumes)}.")
        if number < 0:
            message = f"--{name} must be 0 or more"
            raise UsageError(message)
        if number > _MOST:
            message = f"--{name} {number} is more than a seed can make"
            raise UsageError(message, f"Ask for at most {_MOST}.")
        if number > (most := scenario.most.get(name, number)):
            message = f'scenario "{scenario.name}" holds at most {most} {name}: its rules bear no more'
            raise UsageError(message, "Ask for fewer, or of another scenario: one with more in [most].")
        volumes[name] = number
    for name, number in scenario.volumes.items():
        if wanted.get(name) is None:
            _refuse_own(scenario, name, number)
    if wanted.get("tenants") == 0 and any(volumes.values()):
        more = [f"--{name} 0" for name, number in volumes.items() if number]
        raise UsageError("without tenants there can be no rows", f"Pass {' '.join(more)} as well, or tenants.")
    return volumes


def refuse_without_memory(world: World) -> None:
    """Refuse volumes whose picked tables, which are kept whole, are more than a computer's memory holds.

    Raises:
        UsageError: they are; the message names the table.

    """
    for name in sorted(world.picked):
        *_, root = world.ancestors(name)
        volume = world.plans[root].rows.volume or ""
        rows = round(world.volumes.get(volume, 0) * world.fanout(name, root))
        if rows > _MOST_PICKED:
            message = f"{world.volumes[volume]} {volume} make {rows} rows of {name}, which others are picked from"
            raise UsageError(message, f"Ask for fewer {volume}: at most {_MOST_PICKED} such rows are kept in memory.")


def _refuse_own(scenario: Scenario, name: str, number: int) -> None:
    """Refuse a volume of the scenario's own that is more than its rules, or a seed, bear."""
    most = min(scenario.most.get(name, _MOST), _MOST)
    if number > most:
        place = scenario.place.at("volumes", name)
        hint = "Write fewer." if most == _MOST else "Write fewer, or raise it in [most]."
        raise place.wrong(f"{number} is more than {most}, which is the most", hint)
