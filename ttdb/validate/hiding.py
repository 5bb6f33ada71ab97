"""Which columns of a view hide what they are made of."""

import re
from collections.abc import Iterator

_PLAIN = re.compile(
    r"^\s*(?:(?:upper|lower|btrim|trim|coalesce|date_trunc)\(|\(*[a-z_0-9.\"]+\)*(?:::[a-z ]+)+$)", re.IGNORECASE
)


def hidden_in(definition: str) -> Iterator[str]:
    """Return the columns of a view that are made by a call, a CASE or a constant text, under the name they have."""
    for line in definition.splitlines():
        match = re.search(r'^(?P<made>.*\S)\s+AS "?(?P<name>[A-Za-z_][A-Za-z_0-9]*)"?,?$', line)
        if match is None or _PLAIN.match(match["made"].removeprefix(" SELECT").strip()):
            continue
        if "(" in match["made"] or "'" in match["made"] or match["made"].strip() == "END" or "||" in match["made"]:
            yield match["name"]
