"""Which parents rows of one tenant have, one after the other, so that no two have all in common."""

from collections.abc import Sequence

_GROUPS = ((0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2))  # three parents with one, two and three rows


def in_turn(number: int, size: int, before: int = -1) -> tuple[int, int]:
    """Return the parent of a row among so many, and what is left to tell it apart.

    Args:
        number: of the row.
        size: how many parents there are.
        before: which other parent the row has: two of one table begin with different ones.

    """
    if not size:
        return 0, number
    return (number + before + 1) % size, number // size


def in_groups(number: int, size: int, _before: int = -1) -> tuple[int, int]:
    """Return the same, but some parents have more rows than others: what is left counts the rows of each."""
    if not size:
        return 0, number
    whole, over = divmod(size, 3)
    turn, place = divmod(number, 6 * whole + (0, 1, 3)[over])
    group, at = divmod(place, 6)
    parent, row = _GROUPS[at]
    return 3 * group + parent, turn * (parent + 1) + row


def in_pairs(number: int, size: int, _before: int = -1) -> tuple[int, int]:
    """Return the same, but two rows after each other have one parent: the one can refer to the other."""
    if not size:
        return 0, number
    pair, place = divmod(number, 2)
    return pair % size, pair // size * 2 + place


def abreast(number: int, sizes: Sequence[int], way: int) -> tuple[int, int]:
    """Return the parent of a row for one of several references, and how many rows had the same parents before.

    No parent of any reference has two rows of one count, and a row's are different ones where they are of one table.

    Args:
        number: of the row.
        sizes: how many parents there are for each reference.
        way: which of the references it is.

    """
    most = min(sizes)
    if not most:
        return 0, number
    count, place = divmod(number, most)
    shift = 1 + (count + way - 1) % max(most - 1, 1) if way else 0
    return (place + shift) % sizes[way], count
