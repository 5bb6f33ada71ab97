"""Rows put together from cells are the cells side by side, whatever is short, absent, shared or always the same."""

import random

import numpy as np
import pytest

from ttdb.seed.packed import Part, packed

_ROWS = 70_000  # several blocks


def _column(draw: random.Random, form: str) -> tuple[Part, list[bytes]]:
    """Return a part of random cells, and what it holds in each row."""
    if form == "same":
        text = draw.randbytes(draw.randint(1, 40))
        return Part(text), [text] * _ROWS
    width = draw.randint(1, 40)
    several = 50 if "table" in form else _ROWS
    words = [draw.randbytes(width) for _ in range(several)]
    lengths = [draw.randint(0, width) if "short" in form else width for _ in words]
    codes = [draw.randrange(several) for _ in range(_ROWS)] if "table" in form else range(_ROWS)
    there = [draw.random() < 0.7 if "absent" in form else True for _ in range(_ROWS)]
    part = Part(
        np.frombuffer(b"".join(words), f"V{width}"),
        np.array(lengths, np.int64) if "short" in form else None,
        np.array(codes, np.int64) if "table" in form else None,
        np.array(there) if "absent" in form else None,
    )
    return part, [words[code][: lengths[code]] if here else b"" for code, here in zip(codes, there, strict=True)]


@pytest.mark.parametrize(
    "forms",
    [
        ("same",),
        ("whole", "same"),
        ("short",),
        ("short", "short"),
        ("same", "table short", "whole", "absent", "same", "short absent", "table"),
        ("short", "table short absent", "short", "whole", "whole", "same"),
        # A lead that is longer than what any cell leaves free, so that every column is written for all rows at once.
        ("same", *["whole"] * 5, "short", "same", "table short absent", "table", "whole absent", "short"),
    ],
    ids=" + ".join,
)
def test_rows_are_their_cells_side_by_side(forms: tuple[str, ...]) -> None:
    draw = random.Random(" ".join(forms))  # noqa: S311 - the same each time
    columns = [_column(draw, form) for form in forms]

    rows = packed([part for part, _ in columns], _ROWS)

    assert rows == b"".join(cell for row in zip(*(cells for _, cells in columns), strict=True) for cell in row)
