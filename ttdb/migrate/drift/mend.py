"""The SQL that puts back what a record says of tables, views and functions, where that is simple and sure."""

import re
from collections.abc import Collection, Iterator

from psycopg import sql

from ttdb.migrate.ledger import table_of
from ttdb.migrate.literal import identifier

OWNER = "ttdb_owner"
Verbs = dict[str, set[str]]  # by grantee
Row = tuple[str, str, str, str | None]  # kind, identity, as it was recorded, as it is

_ORDER = (
    "function",
    "view",
    "owner",
    "registration",
    "constraint",
    "index",
    "rule",
    "policy",
    "rls",
    "trigger",
    "grants",
)
_GONE = "-- its table is gone, and its rows with it: restore it from a backup"
_STATE = re.compile(r" \((disabled|replica|always|not valid|invalid)\)$")
_STATES = {"": "enable", "disabled": "disable", "replica": "enable replica", "always": "enable always"}
_POLICY = re.compile(
    r"(?:permissive|restrictive) for (?:select|insert|update|delete|all) to [a-z_][a-z0-9_]*(?:, [a-z_][a-z0-9_]*)*"
    r"(?: using \(.*\))?(?: with check \(.*\))?",
    re.DOTALL,
)
_VIEW = re.compile(r"(?P<options>with \([^)]*\) )?(?P<query>.*)", re.DOTALL)
_OPTION = " with grant option"


def ordered(rows: Collection[Row]) -> list[Row]:
    """Return what differs in the order in which it is mended."""
    return sorted(rows, key=lambda row: (_ORDER.index(row[0]) if row[0] in _ORDER else len(_ORDER), row[1]))


def mends(rows: Collection[Row]) -> Iterator[str]:
    """Yield for each what mends it; nothing where that is for somebody to decide."""
    gone = {identity for kind, identity, _, found in rows if kind == "rls" and found is None}
    made = {_index_of(identity) for kind, identity, _, found in rows if kind == "constraint" and found is None}
    for kind, identity, expected, found in rows:
        if table_of(identity) in gone:
            yield _GONE
        elif kind == "index" and identity in made:
            yield "-- it comes with its constraint"
        else:
            make = _MAKERS.get(kind)
            yield make(identity, expected, found) if make else ""


def _index_of(constraint: str) -> str:
    table, name = _parts(constraint)
    return f"{table.split('.', 1)[0]}.{name}"


def _row_security(table: str, expected: str, _found: str | None) -> str:
    enabled, forced = ("enabled" in expected.split(", "), "forced" in expected.split(", "))
    words = f"{'enable' if enabled else 'disable'} row level security, {'force' if forced else 'no force'}"
    return f"alter table {table} {words} row level security;"


def _policy(identity: str, expected: str, found: str | None) -> str:
    if not _POLICY.fullmatch(expected):
        return ""
    table, name = _parts(identity)
    drop = f"drop policy {name} on {table}; " if found is not None else ""
    return f"{drop}create policy {name} on {table} as {expected};"


def _trigger(identity: str, expected: str, found: str | None) -> str:
    return _with_state("trigger", identity, expected, found)


def _rule(identity: str, expected: str, found: str | None) -> str:
    return _with_state("rule", identity, expected, found)


def _with_state(word: str, identity: str, expected: str, found: str | None) -> str:
    table, name = _parts(identity)
    (definition, state), was = _split(expected), _split(found or "")[0]
    statements = []
    if definition != was:
        statements = [f"drop {word} {name} on {table};"] if found is not None else []
        statements.append(f"{definition.removesuffix(';')};")
    if definition == was or state:
        statements.append(f"alter table {table} {_STATES[state]} {word} {name};")
    return " ".join(statements)


def _constraint(identity: str, expected: str, found: str | None) -> str:
    table, name = _parts(identity)
    if found == f"{expected} NOT VALID (not valid)":
        return f"alter table {table} validate constraint {name};"
    drop = f"alter table {table} drop constraint {name}; " if found is not None else ""
    return f"{drop}alter table {table} add constraint {name} {_split(expected)[0]};"


def _index(identity: str, expected: str, found: str | None) -> str:
    if found == f"{expected} (invalid)":
        return f"reindex index concurrently {identity};"
    return f"{_split(expected)[0]};" if found is None else ""


def _function(_identity: str, expected: str, _found: str | None) -> str:
    return f"{expected};"


def _view(identity: str, expected: str, _found: str | None) -> str:
    parts = _VIEW.fullmatch(expected)
    return f"create or replace view {identity} {parts['options'] or ''}as {parts['query']}" if parts else ""


def _owner(identity: str, expected: str, _found: str | None) -> str:
    word = "routine" if "(" in identity else "table"
    return f"alter {word} {identity} owner to {identifier(expected)};"


def _registration(identity: str, expected: str, found: str | None) -> str:
    if found is not None:
        return ""
    registry = sql.Identifier("ttdb", identity.split(":", 1)[0].removeprefix("ttdb."))
    query = sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, {1});")
    return query.format(registry, sql.Literal(expected)).as_string()


def _grants(identity: str, expected: str, found: str | None) -> str:
    wanted, present = _by_grantee(expected), _by_grantee(found or "")
    if OWNER not in wanted or OWNER in present or found is None:
        return _regranted(identity, wanted, present)
    owners = [name for name, verbs in present.items() if name not in wanted and verbs == wanted[OWNER]]
    if len(owners) != 1 or "(" in identity:
        return ""
    del wanted[OWNER], present[owners[0]]  # what an owner may goes with the table
    return f"alter table {identity} owner to {OWNER}; {_regranted(identity, wanted, present)}".rstrip()


def _regranted(identity: str, wanted: Verbs, present: Verbs) -> str:
    place, column = _place(identity)
    statements = []
    for name in sorted({*wanted, *present}):
        grantee = name if name == "public" else identifier(name)
        given, asked = present.get(name, set()), wanted.get(name, set())
        lost = {_plain(word) for word in given - asked}
        if lost:
            statements.append(f"revoke {_verbs(lost, column)} on {place} from {grantee};")
        for option in ("", _OPTION):
            again = {word for word in asked if word.endswith(_OPTION) == bool(option)}
            missing = {_plain(word) for word in again if word not in given or _plain(word) in lost}
            if missing:
                statements.append(f"grant {_verbs(missing, column)} on {place} to {grantee}{option};")
    return " ".join(statements)


def _plain(verb: str) -> str:
    return verb.removesuffix(_OPTION)


def _by_grantee(words: str) -> Verbs:
    lines = (line.rpartition(": ") for line in words.splitlines())
    return {name: set(verbs.split(", ")) for name, _, verbs in lines}


def _place(identity: str) -> tuple[str, str]:
    """Return what a grant is on, and the column it is of."""
    if "(" in identity:
        return f"routine {identity}", ""
    table = table_of(identity)
    return f"table {table}", identity[len(table) + 1 :]


def _verbs(verbs: Collection[str], column: str) -> str:
    return ", ".join(f"{verb} ({column})" if column else verb for verb in sorted(verbs))


def _parts(identity: str) -> tuple[str, str]:
    table = table_of(identity)
    return table, identity[len(table) + 1 :]


def _split(definition: str) -> tuple[str, str]:
    """Return a definition and the state that follows it."""
    state = _STATE.search(definition)
    return (definition[: state.start()], state[1]) if state else (definition, "")


_MAKERS = {
    "rls": _row_security,
    "policy": _policy,
    "trigger": _trigger,
    "rule": _rule,
    "constraint": _constraint,
    "index": _index,
    "function": _function,
    "view": _view,
    "owner": _owner,
    "registration": _registration,
    "grants": _grants,
}
