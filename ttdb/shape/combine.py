"""Candidates of several columns, together."""

from itertools import product
from typing import Any


def combinations(lists: list[list[Any]], most: int) -> list[tuple[Any, ...]]:
    """Return combinations of candidates, those of early candidates first, so that few lists of few are tried whole."""
    lists = [each or [None] for each in lists]
    width = max(len(each) for each in lists)
    while width > 1 and _size(lists, width) > most * 4:
        width -= 1
    indexes = product(*(range(min(len(each), width)) for each in lists))
    ordered = sorted(indexes, key=lambda index: (sum(index), index))[:most]
    return [tuple(each[place] for each, place in zip(lists, index, strict=True)) for index in ordered]


def _size(lists: list[list[Any]], width: int) -> int:
    size = 1
    for each in lists:
        size *= min(len(each), width)
    return size
