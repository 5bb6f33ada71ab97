"""Every table, view and function of the database at head, as the catalog describes them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from pages.base import NOTE, Head
from ttdb.postgres.connect import Connection, scalar

PATH = "docs/reference/schema.md"
PLATFORM = ["public"]
ENGINE = ["ttdb", "audit", "masked"]
_QUERIES = Path(__file__).parent / "sql"
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}

Row = dict[str, Any]


def write(head: Head) -> str:
    """Return the platform's tables, then the engine's, then the functions."""
    with head.connected() as connection:
        connection.execute("set search_path = ''")
        retention = _retention(connection)
        parts = [f"# Schema\n\n{NOTE}\nThe database at head. How its tables hang together: [diagram](diagram.md).\n"]
        for title, schemas in (("The platform: schema public", PLATFORM), ("The engine: ttdb, audit, masked", ENGINE)):
            tables = query(connection, "schema_tables", schemas)
            parts += [f"## {title}\n", _contents(tables), *(_table(each, retention) for each in tables)]
            parts.append(_functions(query(connection, "schema_functions", schemas)))
    return "\n".join(part for part in parts if part)


def query(connection: Connection, name: str, schemas: list[str]) -> list[Row]:
    """Return what one of the queries of these pages finds in some schemas."""
    text = sql.SQL((_QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text, {"schemas": schemas}).fetchall()


def _retention(connection: Connection) -> dict[str, str]:
    """Return how long the months of a table are kept, where the database says so."""
    if scalar(connection, "select pg_catalog.to_regclass('ttdb.partitioned_tables') is null"):
        return {}
    return dict(connection.execute(sql.SQL("select relation::text, retention::text from ttdb.partitioned_tables")))


def _contents(tables: Iterable[Row]) -> str:
    return _grid("table", "holds", rows=((f"[{_name(t)}](#{_anchor(t)})", t["comment"]) for t in tables))


def _table(table: Row, retention: dict[str, str]) -> str:
    parts = [f"### {_name(table)}\n", f"{_sentence(table['comment'])}\n", _columns(table)]
    if not table["is_view"]:
        parts += [*_facts(table, retention), _constraints(table), _indexes(table), _policies(table), _triggers(table)]
    return "\n".join(part for part in parts if part)


def _columns(table: Row) -> str:
    if table["is_view"]:
        return _grid("column", "type", rows=((f"`{c['name']}`", c["type"]) for c in table["columns"]))
    rows = ((f"`{c['name']}`", c["type"], _null(c), _default(c), c["comment"]) for c in table["columns"])
    return _grid("column", "type", "null", "default", "meaning", rows=rows)


def _null(column: Row) -> str:
    return "no" if column["required"] else "yes"


def _default(column: Row) -> str:
    if column["identity"]:
        return "identity"
    if column["default"] is None:
        return ""
    return f"{'generated: ' if column['generated'] else ''}`{column['default']}`"


def _facts(table: Row, retention: dict[str, str]) -> Iterable[str]:
    """Yield what registries and partitioning say of a table, a line each."""
    if table["partitioned"]:
        kept = retention.get(_name(table))
        yield f"Partitioned: {table['partitioned']}{f'; kept for {kept}' if kept else ''}.\n"
    if table["audited_without"] is not None:
        without = table["audited_without"]
        yield f"Audited: every change goes to the trail{f', without the values of {without}' if without else ''}.\n"
    if table["masked"]:
        shown = ", ".join(f"{each['column']} ({each['mask']})" for each in table["masked"])
        yield f"Support sees, in schema masked: {shown}.\n"


def _constraints(table: Row) -> str:
    rows = ((f"`{k['name']}`", f"`{k['definition']}`", k["comment"]) for k in table["constraints"])
    return _grid("constraint", "definition", "meaning", rows=rows)


def _indexes(table: Row) -> str:
    rows = ((f"`{i['name']}`", f"`{_after(i['definition'], ' USING ')}`", i["comment"]) for i in table["indexes"])
    return _grid("index", "definition", "for", rows=rows)


def _policies(table: Row) -> str:
    rows = (
        (f"`{p['name']}`", _COMMANDS[p["command"]], ", ".join(p["roles"]), _expression(p), p["comment"])
        for p in table["policies"]
    )
    return _grid("policy", "command", "role", "rows", "meaning", rows=rows)


def _expression(policy: Row) -> str:
    """Return what a policy asks of rows, once where reading and writing ask the same."""
    asked = [text for text in (policy["using"], policy["check"]) if text is not None]
    return "; written: ".join(f"`{text}`" for text in dict.fromkeys(asked))


def _triggers(table: Row) -> str:
    rows = (
        (f"`{g['name']}`", f"`{_after(g['definition'], g['name'] + ' ')}`", g["comment"]) for g in table["triggers"]
    )
    return _grid("trigger", "definition", "does", rows=rows)


def _functions(functions: Iterable[Row]) -> str:
    rows = [(f"`{f['name']}`", f["result"] or "", _runs_as(f), f["comment"]) for f in functions]
    return f"### Functions\n\n{_grid('function', 'returns', 'runs as', 'does', rows=rows)}" if rows else ""


def _runs_as(function: Row) -> str:
    return str(function["owner"]) if function["definer"] else "the caller"


def _grid(*titles: str, rows: Iterable[Iterable[object]]) -> str:
    lines = [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    if not lines:
        return ""
    head = f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}"
    return "\n".join([head, *lines, ""])


def _cell(value: object) -> str:
    """Return a value on one line, its bars kept from ending the cell."""
    return " ".join(str(value or "").split()).replace("|", "\\|")


def _name(table: Row) -> str:
    return f"{table['schema']}.{table['name']}"


def _anchor(table: Row) -> str:
    return _name(table).replace(".", "")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}".rstrip(".") + "."


def _after(text: str, mark: str) -> str:
    return text.split(mark, 1)[-1]
