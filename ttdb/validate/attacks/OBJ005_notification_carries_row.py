'''
code = "OBJ005"
name = "notification-carries-row"
severity = "error"
since = "0.1.0"
title = "A trigger sends values of tenants' rows in a notification, which any session may listen to"
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
from collections.abc import Iterator

from psycopg import sql
from psycopg.rows import class_row

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import Trigger
from ttdb.validate.hole import Hole
from ttdb.validate.queries import query
from ttdb.validate.world import World

_NOTIFY = re.compile(r"pg_notify\s*\(", re.IGNORECASE)
_ROW = re.compile(r"\b(?:new|old)\b(?:\s*\.\s*(?P<column>[a-z_][a-z_0-9]*|\"[^\"]+\"))?", re.IGNORECASE)
_WORD = re.compile(r"[a-z_][a-z_0-9]*", re.IGNORECASE)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read what the triggers of tenants' tables send."""
    with world.sessions.overseer.cursor(row_factory=class_row(Trigger)) as cursor:
        triggers = cursor.execute(query("trail_triggers")).fetchall()
    for trigger in triggers:
        relation = world.found.catalog.relations.get(trigger.relation)
        if relation is None or relation.root is not None or not trigger.fires or not world.belongs(relation):
            continue
        sent = _sent(world, relation, trigger.body)
        if sent:
            yield Hole(
                object=str(relation),
                detail=f"trigger {trigger.trigger} ({trigger.name}) notifies all who listen of {sent} of {relation}",
                cause="notifications carry tenants' values",
                evidence=sql.SQL("select p.prosrc from pg_catalog.pg_proc as p where p.oid = {};")
                .format(sql.Literal(trigger.function))
                .as_string(None),
                fix=f"-- let {trigger.name} send a key only",
            )


def _sent(world: World, relation: Relation, body: str) -> str:
    """Say what of the row goes into notifications; nothing where that is a key, or no part of the row."""
    harmless = {*relation.key, world.found.tenant_columns.get(relation.oid)}
    harmless |= {each.name for each in relation.columns if each.type == "uuid"}
    for payload in _payloads(body):
        for match in _ROW.finditer(_resolved(payload, body)):
            column = (match["column"] or "").strip('"').lower()
            if not column:
                return "whole rows"
            if column not in harmless:
                return f"column {column}"
    return ""


def _payloads(body: str) -> Iterator[str]:
    """Return the arguments of each call of pg_notify."""
    for match in _NOTIFY.finditer(body):
        depth, end = 1, match.end()
        while end < len(body) and depth:
            depth += {"(": 1, ")": -1}.get(body[end], 0)
            end += 1
        yield body[match.end() : end - 1]


def _resolved(payload: str, body: str, depth: int = 3) -> str:
    """Add to an expression what its variables were given."""
    names = set(_WORD.findall(payload)) - {"new", "old"} if depth else set()
    for name in names:
        given = re.findall(rf"\b{name}\b[^;:=]*(?::=|\bdefault\b|(?<![<>!]) = )\s*([^;]+);", body, re.IGNORECASE)
        given += re.findall(rf"select\s+([^;]+?)\s+into\s+(?:strict\s+)?{name}\b", body, re.IGNORECASE)
        payload += " ".join(["", *(_resolved(each, body, depth - 1) for each in given if name not in each)])
    return payload
