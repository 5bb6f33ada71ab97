"""What of another's values is within reach of who does not know them."""

import pytest

from ttdb.validate.guessing import within_reach


@pytest.mark.parametrize(
    ("value", "own"),
    [
        ("7", []),
        ("ORD-2026-000123", ["ORD-2026-000118"]),
        ("N-b1", ["N-a1", "N-a2"]),
        ("4711", ["17"]),
        ("somebody.unknown@elsewhere.example", []),
    ],
)
def test_numbers_codes_and_addresses_are(value: str, own: list[str]) -> None:
    assert within_reach(value, own)


@pytest.mark.parametrize(
    ("value", "own"),
    [
        ("9f86d081884c7d659a2feaa0c55ad015", ["2c26b46b68ffc68ff99b453c1d304134"]),
        ("b2b2b2b2-0000-4000-8000-00000000000b", ["b2b2b2b2-0000-4000-8000-00000000000a"]),
        ("k3J9xQ2m", ["Zt7LpW0a"]),
        ("ORD-2026-000123", []),
    ],
)
def test_what_is_made_at_random_is_not(value: str, own: list[str]) -> None:
    assert not within_reach(value, own)
