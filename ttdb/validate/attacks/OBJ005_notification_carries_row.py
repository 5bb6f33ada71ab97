'''
code = "OBJ005"
name = "notification-carries-row"
severity = "error"
since = "0.1.0"
title = "A trigger or a function sends values of tenants' rows in a notification, which any session may listen to"
why = """
LISTEN needs no privilege: what pg_notify sends goes to every session of the database that asks for the channel,
whatever its tenant. A notification should carry a key that tells nothing, and the listener read the row under its own
policies.
"""
bad = """
create function app.tg__tell() returns trigger language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.pg_notify('orders', to_jsonb(new)::text);
    return null;
end
$$;
create trigger _800_tell after insert on app.orders for each row execute function app.tg__tell();
"""
fix = """
drop trigger _800_tell on app.orders;
drop function app.tg__tell();
"""
'''

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.calls import bare
from ttdb.validate.discover.trails import read_triggers
from ttdb.validate.hole import Hole
from ttdb.validate.queries import query
from ttdb.validate.world import World

_ARGUMENTS = sql.SQL("select p.oid::bigint, p.proargnames::text[] from pg_catalog.pg_proc as p where p.oid >= 16384")
_NOTIFY = r"pg_notify\s*\("
_WORD = re.compile(r"[a-z_][a-z_0-9]*", re.IGNORECASE)
_TEXT, _CAST = re.compile(r"'[^']*'"), re.compile(r"::\s*[\w.]+")
_NAME = r"(?:\"?\w+\"?\.)?\"?(\w+)\"?"
_ALIAS = (
    r"(?:\s+(?:as\s+)?(?!(?:where|on|join|inner|left|right|cross|order|group|limit|loop|for|into|using|union)\b)(\w+))?"
)
_SOURCE = re.compile(rf"\b(?:from|join)\s+(?:only\s+)?{_NAME}{_ALIAS}", re.IGNORECASE)
_LOOP = re.compile(rf"\bfor\s+(\w+)\s+in\s+\(?\s*select\b[^;]*?\bfrom\s+{_NAME}", re.IGNORECASE)
_WHICH = re.compile(r"\b(?:where|on|order\s+by|group\s+by)\b[^()]*(?:\([^()]*\)[^()]*)*", re.IGNORECASE)
_PASSED = re.compile(r"\breferencing\b(.*?)\bfor\s+each\b", re.IGNORECASE | re.DOTALL)  # transition tables
# What stands before an assignment or a declaration, and not in a condition.
_BEGINS = r"(?:^|;|\b(?:then|else|begin|loop|declare)\b)\s*"
_GIVEN = _BEGINS + r"{name}\b(?:\s+[\w.%\[\](), ]+?)?\s*(?::=|=|\bdefault\b)\s*([^;]+);"
_KEPT = re.compile(_BEGINS + r"(\w+)(?:\s+[\w.\"]+)?\s*:?=\s*(?:new|old)\s*;", re.IGNORECASE)
_CALLED = re.compile(r"\btable\s+(?:as\s+)?\"?(\w+)", re.IGNORECASE)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read what the triggers of tenants' tables send, and the functions that roles may call."""
    triggers = read_triggers(world.sessions.overseer)
    tables = {each.name.lower(): each for each in world.found.tenant_tables if each.root is None}
    helpers = _helpers(world)
    for trigger in triggers:
        relation = world.found.catalog.relations.get(trigger.relation)
        if relation is None or relation.root is not None or not trigger.fires or not world.belongs(relation):
            continue
        passed = [name.lower() for text in _PASSED.findall(trigger.definition) for name in _CALLED.findall(text)]
        known = {**tables, **dict.fromkeys(passed, relation)}
        kept = dict.fromkeys((name.lower() for name in _KEPT.findall(trigger.body)), relation)
        rows = {"new": relation, "old": relation, **kept, **_rows(trigger.body, known)}
        sent = _sent(world, rows, trigger.body, _told(trigger.body, helpers))
        if sent:
            who = f"trigger {trigger.trigger} ({trigger.name})"
            yield _hole(str(relation), who, sent, trigger.name, trigger.function)
    with world.sessions.overseer.cursor() as cursor:
        callable_ones = cursor.execute(query("notifiers"), {"roles": list(world.attackers)}).fetchall()
    for oid, name, body in callable_ones:
        sent = _sent(world, _rows(body, tables), body, _arguments(_NOTIFY, body))
        if sent:
            yield _hole(name, name, sent, name, oid)


def _hole(name: str, who: str, sent: str, function: str, oid: int) -> Hole:
    return Hole(
        object=name,
        detail=f"{who} notifies all who listen of {sent}",
        cause="notifications carry tenants' values",
        evidence=sql.SQL("select p.prosrc from pg_catalog.pg_proc as p where p.oid = {};")
        .format(sql.Literal(oid))
        .as_string(None),
        fix=f"-- let {function} send a key only",
    )


def _helpers(world: World) -> list[str]:
    """Return the functions that notify of what they are given as it is, and not of a part of it."""
    given = {oid: [each for each in names or () if each] for oid, names in world.oversee(_ARGUMENTS).rows}
    return [
        bare(each.name)
        for each in world.found.catalog.bodies
        if each.kind == "function"
        and any(
            _is_whole(_resolved(payload, each.body), given.get(each.oid, ()))
            for payload in _arguments(_NOTIFY, each.body)
        )
    ]


def _is_whole(payload: str, given: Iterable[str]) -> bool:
    """Tell whether a payload is made of an argument, and not of a part of it."""
    said = _CAST.sub("", _TEXT.sub("", payload))
    names = "|".join([r"\$\d", *(rf"\b{re.escape(each)}\b" for each in given)])
    return "->" not in payload and re.search(rf"(?:{names})(?!\s*\.)", said, re.IGNORECASE) is not None


def _told(body: str, helpers: Iterable[str]) -> Iterator[str]:
    """Return what a body notifies of, by itself or by functions that it calls."""
    yield from _arguments(_NOTIFY, body)
    for name in helpers:
        if name in body.lower():
            yield from _arguments(rf"\b{re.escape(name)}\"?\s*\(", body)


def _rows(body: str, tables: Mapping[str, Relation]) -> dict[str, Relation]:
    """Return what stands for rows of tables in a body: aliases in queries, and what a loop runs over."""
    found: dict[str, Relation] = {}
    for name, alias in _SOURCE.findall(body):
        if name.lower() in tables:
            found[(alias or name).lower()] = tables[name.lower()]
    for variable, name in _LOOP.findall(body):
        if name.lower() in tables:
            found[variable.lower()] = tables[name.lower()]
    return found


def _sent(world: World, rows: Mapping[str, Relation], body: str, payloads: Iterable[str]) -> str:
    """Say what of the rows goes into notifications; nothing where that is a key, or no part of a row."""
    if not rows:
        return ""
    row = re.compile(
        rf"\b(?P<row>{'|'.join(map(re.escape, rows))})\b(?!\s*\()"
        r"(?:\s*\.\s*(?P<column>[a-z_][a-z_0-9]*|\"[^\"]+\"))?",
        re.IGNORECASE,
    )
    for payload in payloads:
        for match in row.finditer(_TEXT.sub(" ", _resolved(payload, body, rows))):
            relation = rows[match["row"].lower()]
            column = (match["column"] or "").strip('"').lower()
            if not column:
                return f"whole rows of {relation}"
            if column not in _harmless(world, relation):
                return f"column {column} of {relation}"
    return ""


def _harmless(world: World, relation: Relation) -> set[str | None]:
    keys = {each.name for each in relation.columns if each.type == "uuid"}
    # A number that refers to a row tells no more than the row's own.
    numbers = {each.name for each in relation.columns if each.type in ("bigint", "integer", "smallint")}
    pointing = [key for key in world.found.catalog.foreign_keys if key.child == relation.oid]
    referring = {name for key in pointing for name in key.child_columns}
    keys |= numbers & referring
    return {*relation.key, world.found.tenant_columns.get(relation.oid), *keys}


def _arguments(called: str, body: str) -> Iterator[str]:
    """Return the arguments of each call."""
    for match in re.finditer(called, body, re.IGNORECASE):
        depth, end = 1, match.end()
        while end < len(body) and depth:
            depth += {"(": 1, ")": -1}.get(body[end], 0)
            end += 1
        yield body[match.end() : end - 1]


def _resolved(payload: str, body: str, rows: Container[str] = (), depth: int = 3) -> str:
    """Add to an expression what its variables were given, without where that is from and what chooses it."""
    payload = _SOURCE.sub(" ", _WHICH.sub(" ", payload))
    names = {each for each in _WORD.findall(payload) if each.lower() not in rows} if depth else set()
    for name in names:
        given = re.findall(_GIVEN.format(name=name), body, re.IGNORECASE)
        given += re.findall(rf"select\s+([^;]+?)\s+into\s+(?:strict\s+)?{name}\b", body, re.IGNORECASE)
        payload += " ".join(["", *(_resolved(each, body, rows, depth - 1) for each in given if name not in each)])
    return payload
