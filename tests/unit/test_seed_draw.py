"""The hash that all seeded values come from."""

from ttdb.seed.draw import ID_TAG, Source, made_id


def test_word_depends_on_nothing_but_scenario_seed_stream_and_number() -> None:
    stream = Source("minimal", 1).stream("public.orders.status")

    assert [stream.word(number) for number in (0, 1, 10**12)] == [
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
    stream = Source("s", 1).stream("t.x")
    counts = [0] * 7
    for number in range(7000):
        counts[stream.below(number, 7)] += 1

    assert all(850 < count < 1150 for count in counts)


def test_made_id_is_a_version_8_uuid_that_ends_in_the_tag() -> None:
    for high, low in ((0, 0), (2**64 - 1, 2**64 - 1)):
        made = made_id(high, low)

        assert (made.version, made.variant) == (8, "specified in RFC 4122")
        assert made.hex.endswith(ID_TAG)
