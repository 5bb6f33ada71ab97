"""How proposals about tenancy are summed up, and what is open in a file told."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ttdb.tenancy import Belongs, Proposal, Trouble
from ttdb.tenancy.model import LEADING


def summary(proposals: Sequence[Proposal]) -> str:
    """Return how many tables were decided by what, and how many rows would find no tenant."""
    grounds = Counter(_ground(each) for each in proposals)
    lines = [f"{number:>5}  {ground}" for ground, number in grounds.most_common()]
    lines += [
        f"rows without a tenant: {each.table}, {each.count.lost}"
        for each in proposals
        if each.belongs in LEADING and each.count and each.count.lost
    ]
    return "\n".join(lines)


def check_text(troubles: Sequence[Trouble]) -> str:
    """Return what is open, a table at a time, with what can be instead where it is known."""
    if not troubles:
        return "every table is decided, and every row has a tenant"
    lines = [line for each in troubles for line in _lines(each)]
    return "\n".join([*lines, f"{len(troubles)} open"])


def check_json(troubles: Sequence[Trouble]) -> str:
    """Return what is open as one JSON document."""
    return json.dumps({"schema": "ttdb.tenancy/1", "open": [asdict(each) for each in troubles]}, indent=2)


def _lines(trouble: Trouble) -> Iterator[str]:
    yield f"{trouble.table}: {_said(trouble)}"
    if trouble.hint:
        yield f"    {trouble.hint}"


def _said(trouble: Trouble) -> str:
    if trouble.rows is None:
        return trouble.what
    more = ", …" if trouble.rows > len(trouble.keys) else ""
    return f"{trouble.rows} {trouble.what}: {', '.join(trouble.keys)}{more}"


def _ground(proposal: Proposal) -> str:
    if proposal.belongs is Belongs.OWN:
        return "a column of their own"
    if proposal.belongs is not Belongs.PARENT or proposal.way is None:
        return str(proposal.belongs)
    column = "text column" if proposal.way.as_text else "column"
    return "a foreign key" if proposal.way.constraint else f"a {column} without one, by {proposal.way.ground}"
