"""What rules say that columns are, as the server writes it."""

import pytest

from ttdb.shape.equations import equations
from ttdb.shape.model import Column, Rule, Table

_NAMES = ("year", "posted_on", "period", "number", "n", "net", "rate", "tax", "gross", "kind")


def _table() -> Table:
    columns = tuple(
        Column(name, 23, -1, not_null=False, expression=None, identity=False, default=False) for name in _NAMES
    )
    return Table(
        oid=1, schema="public", name="t", partitioned=False, root=None, above=None, part=None, divided_by=(),
        columns=columns, rules=(), keys=(), foreign_keys=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(EXTRACT(year FROM posted_on) = (year)::numeric)", {"year": "EXTRACT(year FROM posted_on)"}),
        ("(to_char((posted_on)::timestamp, 'YYYY = MM'::text) = (period)::text)",
         {"period": "to_char((posted_on)::timestamp, 'YYYY = MM'::text)"}),
        ("(number = ('INV-'::text || n))", {"number": "('INV-'::text || n)"}),
        ("((tax = round((net * rate), 2)) AND (gross = (net + tax)) AND (rate = ANY (ARRAY[0.1, 0.2])) AND (net > 0))",
         {"tax": "round((net * rate), 2)", "gross": "(net + tax)"}),
        ("((kind <> 'year'::text) OR (gross = net))", {"gross": "net"}),
        ("((kind = 'a'::text) = (number IS NOT NULL))", {}),
        ("((net + tax) = (rate + gross))", {}),
    ],
)  # fmt: skip
def test_equations_are_read(expression: str, expected: dict[str, str]) -> None:
    rule = Rule("r", expression, _NAMES)

    assert {each.column: each.expression for each in equations(_table(), [rule], _NAMES)} == expected


def test_column_that_others_are_computed_from_comes_first() -> None:
    rule = Rule("r", "((gross = (net + tax)) AND (tax = (net * rate)) AND (net = (gross - tax)))", _NAMES)

    assert [each.column for each in equations(_table(), [rule], _NAMES)] == ["tax", "gross"]
