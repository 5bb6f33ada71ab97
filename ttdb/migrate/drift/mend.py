"""The SQL that puts back what a record says of tables, views and functions, where that is simple and sure."""

import re
from collections.abc import Collection, Iterator

from psycopg import sql

from ttdb.migrate.drift.compare import rank
from ttdb.migrate.ledger import table_of
from ttdb.migrate.literal import identifier

OWNER = "ttdb_owner"
Verbs = dict[str, set[str]]  # by grantee
# Kind, identity, as it was recorded, as it is, and whether it is about rows in partitions.
Row = tuple[str, str, str, str | None, bool]

_GONE = "-- its table is gone, and its rows with it: restore it from a backup"
_ATTACHED = "-- it is valid once the index of each partition is attached"
_STATE = re.compile(r" \((disabled|replica|always|not valid|invalid)\)$")
_STATES = {"": "enable", "disabled": "disable", "replica": "enable replica", "always": "enable always"}
_POLICY = re.compile(
    r"(?:permissive|restrictive) for (?:select|insert|update|delete|all) to [a-z_][a-z0-9_]*(?:, [a-z_][a-z0-9_]*)*"
    r"(?: using \(.*\))?(?: with check \(.*\))?",
    re.DOTALL,
)
_VIEW = re.compile(r"(?P<options>with \([^)]*\) )?(?P<query>.*)", re.DOTALL)
# As the server words a list of varchars that is compared with text. Read so, it becomes one of texts: the cast goes in.
_CAST = re.compile(r"\((?P<list>ARRAY\[(?:'(?:[^']|'')*'::character varying(?:, )?)+\])\)::text\[\]")
_OPTION = " with grant option"


def ordered(rows: Collection[Row]) -> list[Row]:
    """Return what differs in the order in which it is mended."""
    return sorted(rows, key=lambda row: (rank(row[0], row[2]), row[1]))


def mends(rows: Collection[Row]) -> Iterator[str]:
    """Yield for each what mends it; nothing where that is for somebody to decide."""
    gone = {identity for kind, identity, _, found, _ in rows if kind == "rls" and found is None}
    views = {identity for kind, identity, _, found, _ in rows if kind == "view" and found is None}
    made = {_index_of(identity) for kind, identity, _, found, _ in rows if kind == "constraint" and found is None}
    for kind, identity, expected, found, in_partitions in rows:
        if table_of(identity) in gone:
            yield _GONE
        elif kind == "index" and identity in made:
            yield "-- it comes with its constraint"
        elif kind == "column" and table_of(identity) in views:
            yield "-- it comes with its view"
        elif kind == "constraint":
            yield _worded_alike(_constraint(identity, expected, found, in_partitions=in_partitions))
        else:
            yield mend_of(kind, identity, expected, found)


def mend_of(kind: str, identity: str, expected: str, found: str | None) -> str:
    """Return what makes one thing again as it was; nothing where that is for somebody to decide."""
    make = _MAKERS.get(kind)
    mend = make(identity, expected, found) if make else ""
    return mend if kind == "function" else _worded_alike(mend)  # a function's body is kept as it is written


def _worded_alike(mend: str) -> str:
    """Return SQL that makes what the server then words as it was worded."""
    return _CAST.sub(r"((\g<list>)::character varying[])::text[]", mend)


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


def _constraint(identity: str, expected: str, found: str | None, *, in_partitions: bool) -> str:
    table, name = _parts(identity)
    validate = f"alter table {table} validate constraint {name};"
    if found == f"{expected} NOT VALID (not valid)":
        return validate
    definition, state = _split(expected)
    waits = definition.startswith("CHECK ") or (definition.startswith("FOREIGN KEY ") and not in_partitions)
    drop = f"drop constraint {name}, " if found is not None else ""
    add = f"add constraint {name} {definition.removesuffix(' NOT VALID')}{' not valid' if waits else ''}"
    return f"alter table {table} {drop}{add};{f' {validate}' if waits and not state else ''}"


def _index(identity: str, expected: str, found: str | None) -> str:
    over_partitions = " ON ONLY " in expected
    if found == f"{expected} (invalid)":
        return _ATTACHED if over_partitions else f"reindex index concurrently {identity};"
    # Made of the table alone, it would be invalid until an index of each partition is attached.
    return f"{_split(expected)[0].replace(' ON ONLY ', ' ON ', 1)};" if found is None else ""


def _function(identity: str, expected: str, found: str | None) -> str:
    # A new one everybody may run; whom it was granted to is told apart.
    closed = f" revoke all on routine {identity} from public;" if found is None else ""
    return f"{expected};{closed}"


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


def grantees_of(expected: str, found: str) -> list[str]:
    """Return, as the server quotes them, those whose grants are otherwise."""
    wanted, present = _by_grantee(expected), _by_grantee(found)
    return [_quoted(name) for name in sorted({*wanted, *present}) if wanted.get(name) != present.get(name)]


def _regranted(identity: str, wanted: Verbs, present: Verbs) -> str:
    place, column = _place(identity)
    statements = []
    for name in sorted({*wanted, *present}):
        grantee = _quoted(name)
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


def _quoted(grantee: str) -> str:
    return grantee if grantee == "public" else identifier(grantee)


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
    "index": _index,
    "function": _function,
    "view": _view,
    "owner": _owner,
    "registration": _registration,
    "grants": _grants,
}
