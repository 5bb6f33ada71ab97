"""The hash that all seeded values come from."""

import uuid

import numpy as np

from ttdb.postgres.development import ID_TAG
from ttdb.seed.draw import Source, made_ids


def test_word_depends_on_nothing_but_scenario_seed_stream_and_number() -> None:
    stream = Source("minimal", 1).stream("public.orders.status")

    assert stream.words(np.array([0, 1, 10**12])).tolist() == [
        7504974859713825863,
        10731460825384406020,
        9317496649221593656,
    ]


def test_another_seed_scenario_or_column_is_another_stream() -> None:
    keys = {
        Source(scenario, seed).stream(name).key for scenario in ("a", "b") for seed in (1, 2) for name in ("t.x", "t.y")
    }

    assert len(keys) == 8


def test_choice_below_a_limit_is_even() -> None:
    counts = np.bincount(Source("s", 1).stream("t.x").below(np.arange(7000), 7), minlength=7)

    assert ((counts > 850) & (counts < 1150)).all()


def test_choice_has_each_row_s_own_limit() -> None:
    stream, limits = Source("s", 1).stream("t.x"), np.arange(1, 5001)
    drawn = stream.below(np.arange(5000), limits)

    assert ((drawn >= 0) & (drawn < limits)).all()


def test_made_id_is_a_version_8_uuid_that_ends_in_the_tag() -> None:
    words = np.array([0, 2**64 - 1], np.uint64)
    for high, low in made_ids(words, words).tolist():
        made = uuid.UUID(int=high << 64 | low)

        assert (made.version, made.variant) == (8, "specified in RFC 4122")
        assert made.hex.endswith(ID_TAG)
