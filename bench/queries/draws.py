"""Draw tenants, and values that their rows have, for the parameters of the catalogue's queries."""

import random
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from bench.queries.catalogue import Query
from ttdb.migrate.runner import trusted
from ttdb.postgres.connect import Connection


@dataclass(frozen=True, slots=True)
class Draw:
    """One call of a query: for whom, and with what."""

    tenant: str
    values: dict[str, Any]


class Draws:
    """Draws calls of queries from what a loaded database holds; a seed makes them the same in every run."""

    def __init__(self, connection: Connection, seed: int = 1) -> None:
        """Look up the tenants; the session is a superuser's."""
        self._connection = connection
        self._random = random.Random(seed)  # noqa: S311 - figures, not secrets
        rows = connection.execute("select tenant_id::text from public.orders group by 1 order by count(*) desc, 1")
        self.tenants: list[str] = [tenant for (tenant,) in rows]
        self._known: dict[tuple[str, str], list[dict[str, Any]]] = {}

    @property
    def biggest(self) -> str:
        """Return the tenant with most orders."""
        return self.tenants[0]

    @property
    def smallest(self) -> str:
        """Return the tenant with fewest orders."""
        return self.tenants[-1]

    def of(self, query: Query, tenant: str, number: int) -> list[Draw]:
        """Return so many calls of a query for one tenant; none where it has no rows to draw from."""
        rows = self._rows(query, tenant)
        return [Draw(tenant, self._random.choice(rows)) for _ in range(number)] if rows else []

    def of_any(self, query: Query, number: int) -> list[Draw]:
        """Return so many calls of a query, each for a tenant of any size that has rows to draw from."""
        drawn: list[Draw] = []
        for tenant in self._random.choices(self.tenants, k=number * 5):
            drawn += self.of(query, tenant, 1)
            if len(drawn) == number:
                break
        return drawn

    def _rows(self, query: Query, tenant: str) -> list[dict[str, Any]]:
        if not query.draw:
            return [{}]
        key = (query.name, tenant)
        if key not in self._known:
            with self._connection.cursor(row_factory=dict_row) as cursor:
                self._known[key] = cursor.execute(trusted(query.draw), {"tenant": tenant}).fetchall()
        return self._known[key]
