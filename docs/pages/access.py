"""Who may do what: every table, role and command with its policy, and every function with its callers."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, LiteralString, NamedTuple, cast

from psycopg.rows import class_row

from pages.base import NOTE, Head

PATH = "docs/reference/access.md"

_WHO = {
    "ttdb_app": "services",
    "ttdb_auditor": "auditors",
    "ttdb_definer": "functions that run as definer",
    "ttdb_masker": "the masked views",
    "ttdb_operator": "operators",
    "ttdb_support": "support staff",
    "ttdb_worker": "workers",
}
_DOES = {"select": "read", "insert": "add", "update": "change", "delete": "delete"}
_VERBS = tuple(_DOES)
_FUNCTIONS: LiteralString = """
select
    p.oid::pg_catalog.regprocedure::text as name,
    p.prosecdef as definer,
    coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') as comment,
    pg_catalog.array_agg(distinct coalesce(r.rolname::text, 'everybody')) as callers
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where n.nspname in ('public', 'ttdb', 'audit', 'masked')
    and a.grantee <> p.proowner
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
    )
group by p.oid
order by p.oid::pg_catalog.regprocedure::text collate "C"
"""
_RESOLVERS: LiteralString = "select function as name, finds from ttdb.resolvers order by function"


class _Row(NamedTuple):
    table: str
    role: str
    verb: str
    view: bool
    guarded: bool
    tenants: bool  # its rows belong to tenants
    columns: str | None  # where only some may be used
    expression: str | None  # of the policies; None where there is none


class _Function(NamedTuple):
    name: str
    definer: bool
    comment: str
    callers: list[str]


def write(head: Head) -> str:
    """Return the page."""
    query = cast("LiteralString", (Path(__file__).parent / "access.sql").read_text(encoding="utf-8"))
    with head.connected() as connection:
        connection.execute("set search_path = ''")
        rows = connection.cursor(row_factory=class_row(_Row)).execute(query).fetchall()
        functions = connection.cursor(row_factory=class_row(_Function)).execute(_FUNCTIONS).fetchall()
        resolvers: list[tuple[Any, ...]] = connection.execute(_RESOLVERS).fetchall()
    parts = [_HEAD, *_tables(rows), _FUNCTIONS_HEAD, *_functions(functions), "", _RESOLVERS_HEAD]
    parts += [f"| `{name}` | {finds} |" for name, finds in resolvers]
    return "\n".join(parts) + "\n"


def _tables(rows: list[_Row]) -> Iterator[str]:
    for table, of_table in groupby(rows, attrgetter("table")):
        listed = list(of_table)
        yield f"### {table}\n\n| role | select | insert | update | delete | policy | in words |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
        for role, of_role in groupby(listed, attrgetter("role")):
            yield from _role(role, list(of_role))
        yield ""


def _role(role: str, rows: list[_Row]) -> Iterator[str]:
    """Write one line for each expression that a role meets, with the commands that meet it."""
    for expression in dict.fromkeys(row.expression for row in rows):
        alike = [row for row in rows if row.expression == expression]
        cells = " | ".join(_cell(verb, alike) for verb in _VERBS)
        policy = f"`{expression}`" if expression else "-"
        yield f"| `{role}` | {cells} | {policy} | {_sentence(role, alike)} |"


def _cell(verb: str, rows: list[_Row]) -> str:
    row = next((row for row in rows if row.verb == verb), None)
    return "-" if row is None else "yes" if row.columns is None else f"only {row.columns}"


def _sentence(role: str, rows: list[_Row]) -> str:
    does = [_DOES[row.verb] for row in rows]
    doing = does[0] if len(does) == 1 else f"{', '.join(does[:-1])} and {does[-1]}"
    return f"{_WHO.get(role, role)} {doing} {_whose(rows[0])}"


def _whose(row: _Row) -> str:
    if row.view:
        return "rows of their own tenant only, masked"
    if row.guarded and row.expression is None:
        return "no row: no policy admits them"
    if row.expression and "tenant_id()" in row.expression:
        return "rows of their own tenant only"
    if row.expression not in (None, "true"):
        return "the rows that the policy admits"
    return "rows of any tenant" if row.tenants else "every row; none is a tenant's"


def _functions(functions: list[_Function]) -> Iterator[str]:
    for function in functions:
        callers = ", ".join(name if name == "everybody" else f"`{name}`" for name in sorted(function.callers))
        rights = "its owner" if function.definer else "its caller"
        yield f"| `{function.name}` | {callers} | {rights} | {function.comment} |"


_HEAD = f"""# Access

{NOTE}
Who may do what, as the database at head has it. A command that a role may not use is refused; one that it may use
meets the policy, and touches the rows for which the policy is true. Partitions carry the operator's policy and no
other grant, so they are not listed; nor is a role that may do nothing with a table. `ttdb_owner` owns everything and,
under FORCE, sees no tenant's row. A superuser, a role with BYPASSRLS and a replication role see everything. What a
service's own login was granted beside its group, `ttdb validate` judges.

## Tables and views
"""
_FUNCTIONS_HEAD = """## Functions

Whoever is not listed may not call it; trigger functions are called by their triggers.

| function | callers | runs with the rights of | what it does |
| --- | --- | --- | --- |"""
_RESOLVERS_HEAD = """## Resolvers

Functions that find a tenant before a session has one; granted to no group: `ttdb roles add SERVICE --resolver NAME`
grants one to the service that needs it, and each call is in the trail.

| function | finds |
| --- | --- |"""
