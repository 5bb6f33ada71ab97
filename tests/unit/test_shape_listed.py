"""Constants of arrays, written element by element."""

import pytest

from ttdb.shape.listed import element_by_element


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(t = ANY ('{EXW,FOB}'::bpchar[]))", "(t = ANY (ARRAY['EXW', 'FOB']::bpchar[]))"),
        ("""'{"a, b",it''s, NULL}'::text[]""", "ARRAY['a, b', 'it''s', NULL]::text[]"),
        ("(t <> '{}'::text[])", "(t <> '{}'::text[])"),
        ("(n = '{{1,2},{3,4}}'::integer[])", "(n = '{{1,2},{3,4}}'::integer[])"),
        ("(t = '{a,b}'::text)", "(t = '{a,b}'::text)"),
    ],
)
def test_arrays_are_written_element_by_element(expression: str, expected: str) -> None:
    assert element_by_element(expression) == expected
