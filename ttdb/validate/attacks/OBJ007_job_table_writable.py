'''
code = "OBJ007"
name = "job-table-writable"
severity = "error"
since = "0.1.0"
title = "The application writes SQL that a function with more rights will run"
why = """
A function that runs with its owner's rights, or that a scheduler runs as somebody mighty, executes text from a table
that the application may write: the application runs what it likes, as that owner.
"""
bad = """
create table app.jobs (id bigint generated always as identity primary key, command text not null);
grant insert on app.jobs to example_app;
create function app.run_jobs() returns void language plpgsql security definer set search_path = '' as $$
declare
    v_job record;
begin
    for v_job in select j.command from app.jobs as j loop
        execute v_job.command;
    end loop;
end
$$;
revoke execute on function app.run_jobs() from public;
"""
fix = """
revoke insert on app.jobs from example_app;
drop function app.run_jobs();
"""
'''

import re
from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import TABLES, Column, Relation
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import words_of
from ttdb.validate.world import World

_EXECUTE = re.compile(r"\bexecute\s+(?!on\b|function\b|procedure\b)(?P<what>[^;]+);", re.IGNORECASE)
_SELECTED = re.compile(
    r"\bselect\s+(?P<what>[^;]+?)\s+into\s+(?:strict\s+)?(?P<variable>[a-z_][a-z_0-9]*)", re.IGNORECASE
)
# Comments too, whose apostrophes begin nothing.
_QUOTED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_BOUND, _CALLED = re.compile(r"\busing\b", re.IGNORECASE), re.compile(r"[\w.]+\s*\(")
_WORD = re.compile(r"[a-z_][a-z_0-9]*", re.IGNORECASE)
_FUNCTIONS = sql.SQL(
    "select n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',"
    " p.oid::bigint, p.prosrc from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace"
    " join pg_catalog.pg_language as l on l.oid = p.prolang"
    " where l.lanname = 'plpgsql' and n.nspname not in ('pg_catalog', 'information_schema')"
    " and p.prosrc ~* '\\mexecute\\M'"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read the functions that execute text, and see who writes the tables that it may come from."""
    tables = {str(each): each for each in world.found.catalog.relations.values() if each.kind in TABLES}
    for name, oid, body in world.oversee(_FUNCTIONS).rows:
        executed = _executed(body)
        for relation in tables.values():
            if relation.name.lower() not in words_of(body):
                continue
            columns = [each.name for each in relation.columns if _holds_text(each) and each.name in executed]
            role = next((role for role in world.app_attackers if _writes(world, role, relation, columns)), None)
            if role is not None:
                yield Hole(
                    object=str(relation),
                    role=role,
                    detail=f"{role} may write {', '.join(columns)} of {relation}, which {name} executes",
                    cause="the application writes SQL that others run",
                    evidence=sql.SQL(
                        "select 'executed' from pg_catalog.pg_proc as p where p.oid = {}"
                        " and has_any_column_privilege({}, {}::regclass, 'insert, update');"
                    )
                    .format(sql.Literal(oid), sql.Literal(role), sql.Literal(relation.identifier.as_string(None)))
                    .as_string(None),
                )


def _holds_text(column: Column) -> bool:
    return column.category == "S" or column.type in ("json", "jsonb")


def _executed(body: str) -> set[str]:
    """Return the words in what is executed, and in what its variables were selected from.

    What stands in quotes is the function's own text: the columns that it names there are read, not executed.
    """
    body = _QUOTED.sub("''", body)
    # What USING binds is data, and what a function is called is no column.
    executed = (_CALLED.sub("(", _BOUND.split(match["what"])[0]) for match in _EXECUTE.finditer(body))
    words = {word.lower() for what in executed for word in _WORD.findall(what)}
    selected = [match for match in _SELECTED.finditer(body) if match["variable"].lower() in words]
    return words | {word.lower() for match in selected for word in _WORD.findall(match["what"])}


def _writes(world: World, role: str, relation: Relation, columns: list[str]) -> bool:
    rights = world.rights.get((role, relation.oid))
    if rights is None or not columns:
        return False
    inserts = rights.inserts and (rights.insert_columns is None or set(columns) & set(rights.insert_columns))
    updates = rights.updates and (rights.update_columns is None or set(columns) & set(rights.update_columns))
    return bool(inserts or updates)
