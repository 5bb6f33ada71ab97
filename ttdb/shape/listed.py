"""Constants of arrays, written element by element: so are all other lists of a rule."""

import re

_ELEMENT = r"\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s,{}\"\\](?:[^,{}\"\\]*[^\s,{}\"\\])?)\s*"
_CONSTANT = re.compile(
    rf"(?<![\w'])'(?P<elements>\{{{_ELEMENT}(?:,{_ELEMENT})*\}})'::(?P<type>[\w\" .]+(?:\([\d,]+\))?\[\])"
)
_EACH = re.compile(_ELEMENT)


def element_by_element(expression: str) -> str:
    """Write ``'{a,b}'::text[]`` as ``ARRAY['a', 'b']::text[]``, which means the same."""
    return _CONSTANT.sub(_spelled_out, expression)


def _spelled_out(found: re.Match[str]) -> str:
    elements = map(_quoted, _EACH.findall(found["elements"][1:-1]))
    return f"ARRAY[{', '.join(elements)}]::{found['type']}"


def _quoted(element: str) -> str:
    text = element.strip()
    if text.startswith('"'):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    elif text.upper() == "NULL":
        return text
    return f"'{text}'"
