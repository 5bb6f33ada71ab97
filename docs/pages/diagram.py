"""How the platform's tables hang together, drawn from their keys."""

from collections.abc import Iterator

from pages.base import NOTE, Head
from pages.schema_reference import PLATFORM, Row, query

PATH = "docs/reference/diagram.md"


def write(head: Head) -> str:
    """Return the diagram in Mermaid, which most places that show Markdown draw."""
    with head.connected() as connection:
        connection.execute("set search_path = ''")
        tables = [each for each in query(connection, "schema_tables", PLATFORM) if not each["is_view"]]
    lines = [line for table in tables for line in (*_entity(table), *_links(table))]
    return (
        f"# Diagram\n\n{NOTE}\n"
        "Every table also points at `tenants` by its `tenant_id`, which every other foreign key carries too; left out\n"
        "here, it would hide the rest. Columns are those of keys; [schema](schema.md) has all.\n\n"
        "```mermaid\nerDiagram\n" + "\n".join(lines) + "\n```\n"
    )


def _entity(table: Row) -> Iterator[str]:
    """Yield a table with the columns of its keys."""
    keys: dict[str, list[str]] = {}
    for mark, kind in (("PK", "p"), ("FK", "f"), ("UK", "u")):
        for constraint in table["constraints"]:
            for column in constraint["columns"] if constraint["kind"] == kind else ():
                marks = keys.setdefault(column, [])
                marks += [mark] if mark not in marks else []
    yield f"    {table['name']} {{"
    for column in table["columns"]:
        if column["name"] in keys:
            kind = column["type"].split("(")[0].replace(" ", "_")
            yield f"        {kind} {column['name']} {', '.join(keys[column['name']])}"
    yield "    }"


def _links(table: Row) -> Iterator[str]:
    """Yield a table's foreign keys, but for the one to its tenant."""
    required = {column["name"] for column in table["columns"] if column["required"]}
    for constraint in table["constraints"]:
        if constraint["kind"] != "f" or constraint["target"].split(".")[-1] == "tenants":
            continue
        one = "||" if required.issuperset(constraint["columns"]) else "|o"
        columns = ", ".join(column for column in constraint["columns"] if column != "tenant_id")
        yield f'    {constraint["target"].split(".")[-1]} {one}--o{{ {table["name"]} : "{columns}"'
