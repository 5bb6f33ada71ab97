"""The application's queries, and the index that serves each, as the catalogue and the database at head have them."""

from bench.queries.catalogue import Kind, Query, catalogue
from pages.base import NOTE, Head

PATH = "docs/reference/queries.md"
_KINDS = {
    Kind.KEY: "Found by a key",
    Kind.PAGE: "The first rows of an order",
    Kind.AGGREGATE: "Figures over many rows",
    Kind.WORKER: "Jobs over all tenants",
}
_INTRO = """\
Written from `sql/queries.toml` and the database at head. A query names no tenant: row security adds it. Its parameters
are written `%(name)s`. [Why the indexes are what they are](../explain/indexes.md).
"""


def write(head: Head) -> str:
    """Return each query with its sentence, its SQL and the definitions of its indexes."""
    with head.connected() as connection:
        rows = connection.execute(
            "select c.relname, pg_catalog.pg_get_indexdef(c.oid) from pg_catalog.pg_class as c"
            " where c.relnamespace = 'public'::pg_catalog.regnamespace and c.relkind in ('i', 'I')"
        ).fetchall()
    definitions = {name: definition.replace(" ON ONLY ", " ON ") for name, definition in rows}
    parts = [_section(kind, title, definitions) for kind, title in _KINDS.items()]
    return f"# Queries\n\n{NOTE}\n{_INTRO}\n" + "\n".join(parts)


def _section(kind: Kind, title: str, definitions: dict[str, str]) -> str:
    queries = [query for query in catalogue() if query.kind is kind]
    return f"## {title}\n\n" + "\n".join(_entry(query, definitions) for query in queries)


def _entry(query: Query, definitions: dict[str, str]) -> str:
    served = "".join(f"- `{definitions[name]}`\n" for name in query.indexes)
    faster = f"What would make it fast: {query.faster}.\n\n" if query.faster else ""
    return f"### {query.name}\n\n{query.sentence}\n\n```sql\n{query.sql}\n```\n\nServed by:\n\n{served}\n{faster}"
