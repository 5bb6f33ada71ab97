"""A migration that is struck anywhere, in any way, ends as an undisturbed one; the application beside it is unharmed.

A sample of it runs always: each way and each place. All of it runs with ``--crashes full``, which takes half an
hour; what came of it is written to a file by ``--crash-table FILE``, and is told in docs/explain/crashes.md.
"""

import random
import signal
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from support.crashing.ground import Base, Ground, make_ground
from support.crashing.server import can_cut, server
from support.crashing.steps import BOUNDARIES, INSIDE
from support.crashing.strikes import LOCK_PLACES, STRIKES, Strike
from support.crashing.writer import Writer, writing

from ttdb.config import Settings

# What the server's end explains: of the application's errors, no other.
MAY_FAIL = {"server-stopped", "disk-full"}
PLACES = [*BOUNDARIES, *INSIDE]
NO_LOCK = ("lock-given-up", "copy")  # rows are read and noted, not locked: nobody can stand in the way
# How long the application may have waited: behind a killed program's locks 1 s, and as long as a network is silent.
WAITED_S = {"cut-without-fin": 35.0, "server-stopped": 35.0, "disk-full": 35.0}
_WAITED_S = 5.0
SAMPLE = [
    ("kill-9", "concurrently"),
    ("kill-9", "copy"),
    ("kill-9", "swap"),
    ("terminated", "validate"),
    ("server-stopped", "batch"),
    ("server-stopped", "swap"),
    ("cut-without-fin", "exchange"),
    ("disk-full", "concurrently"),
    ("disk-full", "copy"),
    ("lock-given-up", "validate"),
    ("ctrl-c", "batch"),
    ("ctrl-c", "concurrently"),
]
# On the way back there is no VALIDATE, and its batches are those that copy.
SAMPLE_BACK = [("kill-9", "copy"), ("server-stopped", "exchange")]
BACK = [
    ("kill-9", "swap"),
    ("terminated", "copy"),
    ("cut-without-fin", "swap"),
    ("disk-full", "copy"),
    ("lock-given-up", "swap"),
    ("ctrl-c", "exchange"),
]
IN_TURN = ("kill-9", "terminated", "server-stopped", "ctrl-c")  # after these, nothing further is done
KILLS, SAMPLED_KILLS = 50, 8


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draw the cells: all of them, or the sample."""
    full = metafunc.config.getoption("crashes") == "full"
    cells = [(kind, place) for place in PLACES for kind in STRIKES if (kind, place) != NO_LOCK]
    if metafunc.function is test_struck_upgrade_ends_as_an_undisturbed_one:
        metafunc.parametrize(("kind", "place"), cells if full else SAMPLE, ids=_readable)
    elif metafunc.function is test_struck_downgrade_ends_as_an_undisturbed_one:
        metafunc.parametrize(("kind", "place"), [*SAMPLE_BACK, *BACK] if full else SAMPLE_BACK, ids=_readable)
    elif metafunc.function is test_killed_at_random_moments_it_ends_as_an_undisturbed_one:
        metafunc.parametrize("kills", [KILLS if full else SAMPLED_KILLS])


def _readable(value: str) -> str:
    return value.replace(" ", "-")


@pytest.fixture(scope="module", autouse=True)
def _hears_interrupts() -> Iterator[None]:
    """Let programs hear Ctrl-C, also where these tests run in the background of a shell, which has it ignored."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def ground(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with server(settings) as started:
        yield make_ground(started, tmp_path_factory.mktemp("crashes"))


@pytest.fixture
def base(ground: Ground) -> Iterator[Base]:
    with ground.base() as made:
        yield made


def need(ground: Ground, kind: str) -> None:
    if kind == "cut-without-fin" and not can_cut():
        pytest.skip("to drop packets takes root and iptables")
    if kind == "disk-full" and not ground.server.own_room:
        pytest.skip("to fill a disk takes one of its own: root, and the right to mount")


def struck(base: Base, direction: str, kind: str, place: str) -> str:
    """Go one way until the place, and strike there."""
    held = LOCK_PLACES.get(place, place) if kind == "lock-given-up" else place
    with base.closed(held) as gate:
        run = base.start(direction)
        return STRIKES[kind](Strike(base, run, gate, gate.arrived(run)))


def check_writer(writer: Writer, kind: str) -> None:
    """Check that the application was refused nothing, but for what a server refuses that is down or full."""
    assert writer.kept
    assert writer.out_of_order() == []
    assert kind in MAY_FAIL or writer.errors == []
    assert writer.worst < WAITED_S.get(kind, _WAITED_S)


@pytest.mark.timeout(400)
def test_struck_upgrade_ends_as_an_undisturbed_one(
    ground: Ground, base: Base, kind: str, place: str, request: pytest.FixtureRequest
) -> None:
    need(ground, kind)
    with writing(base.service) as writer:
        came = struck(base, "upgrade", kind, place)
        base.finish("upgrade")
    base.check_shape(ground.after)
    base.check_rows(writer)
    check_writer(writer, kind)
    note(request, kind, place, came, writer)


@pytest.mark.timeout(400)
def test_struck_downgrade_ends_as_an_undisturbed_one(
    ground: Ground, base: Base, kind: str, place: str, request: pytest.FixtureRequest
) -> None:
    need(ground, kind)
    base.finish("upgrade")
    with writing(base.service) as writer:
        came = struck(base, "downgrade", kind, place)
        base.finish("downgrade")
    base.check_shape(ground.before)
    base.check_rows(writer)
    check_writer(writer, kind)
    note(request, kind, f"{place}, back", came, writer)


@pytest.mark.timeout(900)
def test_struck_before_each_step_in_turn_it_ends_as_an_undisturbed_one(
    ground: Ground, base: Base, request: pytest.FixtureRequest
) -> None:
    """One upgrade, which gets no further than one step a run."""
    strikes = list(zip(BOUNDARIES, cycle(IN_TURN), strict=False))
    with writing(base.service) as writer:
        for place, kind in strikes:
            struck(base, "upgrade", kind, place)
        base.finish("upgrade")
    base.check_shape(ground.after)
    base.check_rows(writer)
    check_writer(writer, "server-stopped")
    note(request, "in turn", "before each step", f"{len(strikes)} runs", writer)


@pytest.mark.timeout(1800)
def test_killed_at_random_moments_it_ends_as_an_undisturbed_one(
    ground: Ground, base: Base, kills: int, request: pytest.FixtureRequest
) -> None:
    """Up, through as many kills as it takes, and down again, until there were enough of them."""
    seed = random.randrange(10**6)  # noqa: S311 - a moment, not a secret
    print(f"seed {seed}")  # noqa: T201 - pytest shows it where it fails
    drawn = random.Random(seed)  # noqa: S311 - as above
    done, direction, ways = 0, "upgrade", 0
    with writing(base.service) as writer:
        while done < kills:
            run = base.start(direction)
            run.begun()
            time.sleep(drawn.uniform(0, ground.seconds / 2))
            if run.process.poll() is None:
                run.end()
                base.gone(5)
                done += 1
                continue
            assert run.told().code == 0, run.told().err
            base.check_shape(ground.after if direction == "upgrade" else ground.before)
            direction = "downgrade" if direction == "upgrade" else "upgrade"
            ways += 1
        base.finish(direction)
    base.check_shape(ground.after if direction == "upgrade" else ground.before)
    base.check_rows(writer)
    check_writer(writer, "kill-9")
    note(request, "kill-9", f"{kills} random moments", f"seed {seed}, {ways + 1} ways to their end", writer)


def note(request: pytest.FixtureRequest, kind: str, place: str, came: str, writer: Writer) -> None:
    """Add a line to the table, where one was asked for."""
    name = request.config.getoption("crash_table")
    if name:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(f"{place}\t{kind}\t{came}\t{writer.worst:.2f}\t{len(writer.kept)}\n")
