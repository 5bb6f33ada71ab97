"""The rows that others may refer to, by tenant, as far as memory allows."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

Line: TypeAlias = tuple[str | None, ...]
_MOST = 200_000  # rows of one table


class Kept:
    """Some columns of a table's rows."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._lines: dict[int | None, list[Line]] = defaultdict(list)
        self._count = 0
        self._by: dict[tuple[int | None, tuple[str, ...]], dict[Line, list[Line]]] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, tenant: int | None, line: Line) -> None:
        """Keep a row of a tenant's, or one that is nobody's."""
        if self._count < _MOST:
            self._lines[tenant].append(line)
            self._count += 1
            self._by.clear()

    def of(self, tenant: int | None) -> list[Line]:
        """Return a tenant's rows."""
        return self._lines[tenant]

    def tenants(self) -> list[int | None]:
        """Return whose rows there are."""
        return [tenant for tenant, lines in self._lines.items() if lines]

    def matching(self, tenant: int | None, names: Sequence[str], values: Line) -> list[Line]:
        """Return those of a tenant's rows that hold these values."""
        key = tenant, tuple(names)
        if key not in self._by:
            places = [self.columns.index(name) for name in names]
            found: dict[Line, list[Line]] = defaultdict(list)
            for line in self._lines[tenant]:
                found[tuple(line[place] for place in places)].append(line)
            self._by[key] = found
        return self._by[key].get(values, [])

    def having(self, names: Sequence[str], values: Line) -> "Kept":
        """Return the rows that hold these values."""
        left = Kept(self.columns)
        for tenant in self.tenants():
            for line in self.matching(tenant, names, values):
                left.add(tenant, line)
        return left

    def without(self, names: Sequence[str], taken: set[Line]) -> "Kept":
        """Return the rows that hold none of these values."""
        left, places = Kept(self.columns), self.places(names)
        for tenant, lines in self._lines.items():
            for line in lines:
                if tuple(line[place] for place in places) not in taken:
                    left.add(tenant, line)
        return left

    def places(self, names: Sequence[str]) -> list[int]:
        """Return where columns stand in a line."""
        return [self.columns.index(name) for name in names]
