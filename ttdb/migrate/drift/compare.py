"""Tell two fingerprints apart: what is missing, changed or added, and the SQL that mends it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ttdb.migrate.drift.facts import Fact, Facts, Key
from ttdb.model.migration import Drift

# In the order in which they are mended: what foreign keys point at stands before they do.
_ORDER = (
    *("extension", "schema", "role", "membership", "membership inherits", "setting", "default privileges", "type"),
    *("function", "relation", "column", "default", "not null", "view", "parent", "owner", "registration", "key"),
    *("unique index", "index", "index parent", "index state", "constraint", "foreign key", "constraint state"),
    *("statistics", "rule", "policy", "row security", "rls", "foreign key triggers", "trigger", "trigger state"),
    *("event trigger", "grants", "registry", "step"),
)
_KEYS = ("PRIMARY KEY", "UNIQUE", "EXCLUDE")
# What an object is by itself: without it, nothing of its parts is told.
_WHOLE = ("relation", "function", "type", "schema", "role", "extension", "event trigger")
# A part of a part: what it belongs to has the same identity.
_PART_OF = {
    "membership inherits": "membership",
    "trigger state": "trigger",
    "constraint state": "constraint",
    "default": "column",
    "not null": "column",
}
# What a partition has from its table: attached again, it has it again.
_OF_THE_TABLE = (
    *("trigger", "trigger state", "foreign key triggers"),
    *("constraint", "constraint state", "index", "index parent", "index state"),
)
# Mended by taking away what stands, and making it anew; the rest is made over what stands.
_MADE_ANEW = (
    *("policy", "trigger", "constraint", "index", "statistics", "rule", "parent", "registry", "membership"),
    "foreign key triggers",
)
# Of a table that stood before ttdb came, these may be its owner's own.
_OWN_BUSINESS = (
    *("column", "default", "not null", "index", "index state", "statistics"),
    *("constraint", "constraint state"),
)
_UNKNOWN = (*_WHOLE, *_OWN_BUSINESS, "setting", "membership", "default privileges", "grants", "registry")
_ALWAYS_OURS = frozenset({"sessions", "ledger", "database"})
_USUAL = ("enable", "validated", "valid")  # what a new trigger, constraint or index is by itself
# Changed by verbs, for the operator to decide.
_DECIDED = {("function", "ttdb.context_is_signed()"), ("function", "ttdb.older_settings_of_login()")}
_BOUND = re.compile(r" (?:FOR VALUES .*|DEFAULT)$", re.DOTALL)
_RETIRED = "ttdb.tg__refuse_retired()"
_LOST = "-- its rows are gone: restore it from a backup"


@dataclass(frozen=True, slots=True)
class Given:
    """What is known besides the two fingerprints."""

    stood_before: Collection[str] = ()  # tables that an upgrade found


def compare(expected: Facts, present: Facts, given: Given | None = None) -> list[Drift]:
    """Return what drifted, in the order in which it is mended, and after it what nobody manages."""
    known = given or Given()
    wanted = _with_leaves({key: fact for key, fact in expected.items() if not _of_a_login(fact)}, present)
    found = _without_retired(wanted, present)
    told = [
        *_detached(wanted, found),
        *_missing(wanted, found),
        *_changed(wanted, found),
        *_added(wanted, found, known),
    ]
    return sorted(told, key=in_order)


def in_order(item: Drift) -> tuple[bool, int, str]:
    """Return what to sort by, for what drifted to be mended in turn."""
    return item.state == "unknown", rank(item.kind, item.expected or item.found or ""), item.identity


def rank(kind: str, definition: str) -> int:
    """Return the place of something among what is mended."""
    if kind == "constraint" and definition.startswith((*_KEYS, "FOREIGN KEY")):
        kind = "key" if definition.startswith(_KEYS) else "foreign key"
    if kind == "index" and definition.startswith("CREATE UNIQUE "):
        kind = "unique index"
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _of_a_login(fact: Fact) -> bool:
    """Tell whether a fact is about those who log in: every cluster has its own."""
    return fact.object.startswith("login ") or fact.object == "sessions" or fact.key in _DECIDED


def _missing(wanted: Facts, found: Facts) -> Iterator[Drift]:
    for key, fact in wanted.items():
        if key not in found and _base(fact, wanted, outside=found) is None:
            yield Drift("missing", *key, fact.definition, None, _made(fact, wanted, found))


def _made(fact: Fact, wanted: Facts, found: Facts) -> str:
    """Return the SQL that makes something that is missing, with all its parts."""
    if fact.kind == "step":
        return "-- ttdb upgrade"
    if fact.kind == "relation" and "table" in fact.definition:
        return _LOST
    if fact.kind == "parent":
        return fact.make or ""
    missing = [part for part in wanted.values() if part.key != fact.key and part.key not in found]
    # What its partitions have of it comes with it.
    parts = [
        part
        for part in missing
        if _root(part, wanted, found) == fact.key and (part.object == fact.object or part.kind not in _OF_THE_TABLE)
    ]
    closed = f"revoke all on routine {fact.identity} from public;" if _is_closed(fact, wanted) else None
    statements = (
        fact.make,
        closed,
        *(part.make for part in sorted(parts, key=_by_rank) if part.definition not in _USUAL),
    )
    return " ".join(statement for statement in statements if statement)


def _is_closed(fact: Fact, wanted: Facts) -> bool:
    """Tell whether it is a function that not everybody may run, as everybody may a new one."""
    return fact.kind == "function" and bool(fact.make) and ("grants", f"{fact.identity} to public") not in wanted


def _changed(wanted: Facts, found: Facts) -> Iterator[Drift]:
    for key, fact in wanted.items():
        other = found.get(key)
        if other is None or other.definition == fact.definition or fact.kind == "index parent":
            continue  # of two indexes that are alike, either may be part of the table's, which is valid then
        if not _is_of_its_table(fact, wanted, found):
            yield Drift("changed", *key, fact.definition, other.definition, _changed_back(fact, other, wanted))


def _is_of_its_table(fact: Fact, wanted: Facts, found: Facts) -> bool:
    """Tell whether a partition has it otherwise because its table has: it is mended there."""
    key = _counterpart(fact, wanted)
    expected, other = (wanted.get(key), found.get(key)) if key else (None, None)
    return expected is not None and other is not None and other.definition != expected.definition


def _changed_back(fact: Fact, other: Fact, wanted: Facts) -> str:
    if fact.kind == "column":
        return _retyped(fact)
    if fact.kind == "constraint":  # in one go: no moment is without it, and where rows break it, the other one stays
        name = fact.identity[len(fact.object) + 1 :]
        return (fact.make or "").replace(" add constraint ", f" drop constraint {name}, add constraint ", 1)
    statements = [other.unmake if fact.kind in _MADE_ANEW else None, fact.make]
    if fact.kind == "trigger":  # made anew, it fires as a new one does
        state = wanted[("trigger state", fact.identity)]
        statements.append(state.make if state.definition not in _USUAL else None)
    return " ".join(statement for statement in statements if statement)


def _added(wanted: Facts, found: Facts, given: Given) -> Iterator[Drift]:
    objects = {fact.object for fact in wanted.values()} | _ALWAYS_OURS
    schemas = {fact.identity for fact in wanted.values() if fact.kind == "schema"} - {"public"}
    resolvers = {fact.object for fact in wanted.values() if fact.identity.startswith("ttdb.resolvers: ")}
    for key, fact in found.items():
        if key in wanted or key in _DECIDED or _base(fact, found, outside=wanted) is not None:
            continue
        ours = fact.object in objects or _schema(fact.object) in schemas
        if fact.object in given.stood_before and fact.kind in _OWN_BUSINESS:
            ours = False
        if fact.kind == "grants" and fact.object in resolvers and not _to_a_group(fact):
            ours = False  # as "ttdb roles add --resolver" grants it
        if fact.object == "schema public" and fact.definition == "usage" and not _to_a_group(fact):
            ours = False  # a role of the database's own, which has that by PUBLIC anyway
        if ours:
            yield Drift("added", fact.kind, fact.identity, None, fact.definition, fact.unmake or "")
        elif fact.kind in _UNKNOWN:
            yield Drift("unknown", fact.kind, fact.identity, None, fact.definition, "")


def _base(fact: Fact, here: Facts, *, outside: Facts) -> Key | None:
    """Return what a fact is a part of and goes with, where that is only on its own side."""
    for key in _bases(fact, here):
        if key != fact.key and key in here and key not in outside:
            return key
    return None


def _bases(fact: Fact, here: Facts) -> Iterator[Key]:
    if fact.kind in _PART_OF:
        yield _PART_OF[fact.kind], fact.identity
    if fact.kind in _OF_THE_TABLE:
        yield "parent", fact.object
    counterpart = _counterpart(fact, here)
    if counterpart:
        yield counterpart
    if fact.kind in ("index state", "index parent"):
        yield "index", fact.identity
        yield "constraint", f"{fact.object}.{fact.identity.split('.', 1)[-1]}"
    if fact.kind not in _WHOLE:
        name = fact.object.split(" ", 1)[-1] if fact.object.startswith(("role ", "schema ")) else fact.object
        for kind in _WHOLE:
            yield kind, name


def _counterpart(fact: Fact, here: Facts) -> Key | None:
    """Return what of its table a partition has something from."""
    if fact.kind == "index":
        above = here.get(("index parent", fact.identity))
        return ("index", above.definition) if above else None
    table = parent_of(fact, here) if fact.kind in ("trigger", "constraint") else None
    return as_of(fact, fact.object, table).key if table else None


def parent_of(fact: Fact, here: Facts) -> str | None:
    """Return the table of which a fact's object is a partition."""
    attached = here.get(("parent", fact.object))
    return _BOUND.sub("", attached.definition) if attached else None


def _root(fact: Fact, wanted: Facts, found: Facts) -> Key | None:
    """Return the outermost thing that a missing fact went with."""
    key = _base(fact, wanted, outside=found)
    if key is None:
        return None
    return _root(wanted[key], wanted, found) or key


def _retyped(fact: Fact) -> str:
    name = fact.identity.rsplit(".", 1)[-1] if '"' not in fact.identity else fact.identity[len(fact.object) + 1 :]
    return f"alter table {fact.object} alter column {name} type {fact.definition};"


def _schema(name: str) -> str:
    return name.removeprefix("schema ").split(".", 1)[0]


def _to_a_group(fact: Fact) -> bool:
    return re.search(r" to (ttdb_\w+|public)$", fact.identity) is not None


def _by_rank(fact: Fact) -> tuple[int, str]:
    return rank(fact.kind, fact.definition), fact.identity


# Months. A revision makes none: each must be what the DEFAULT partition of its table is.


def _with_leaves(wanted: Facts, present: Facts) -> Facts:
    """Return what is expected, with that of the months that stand here."""
    models = {
        fact.definition.removesuffix(" DEFAULT"): fact.object
        for fact in wanted.values()
        if fact.kind == "parent" and fact.definition.endswith(" DEFAULT")
    }
    known = {fact.object for fact in wanted.values()}
    more: Facts = {}
    for fact in present.values():
        model = models.get(fact.definition.split(" FOR VALUES", 1)[0])
        if fact.kind == "parent" and model and fact.object not in known:
            more[fact.key] = fact
            for part in wanted.values():
                if part.object == model and part.kind not in ("parent", "statistics"):
                    copied = as_of(part, model, fact.object)
                    more[copied.key] = copied
            more |= {other.key: other for other in present.values() if _statistics_of(other, fact.object)}
    return wanted | more


def _statistics_of(fact: Fact, leaf: str) -> bool:
    return fact.kind == "statistics" and fact.object == leaf


def as_of(fact: Fact, model: str, leaf: str) -> Fact:
    """Return a fact of one partition as it must be of another; names made from a table's change with it."""
    old, new = (name.split(".", 1)[-1].strip('"') for name in (model, leaf))

    def renamed(text: str | None) -> str | None:
        return None if text is None else re.sub(rf"\b{re.escape(old)}", new, text)

    return replace(
        fact,
        identity=renamed(fact.identity) or "",
        object=leaf,
        definition=renamed(fact.definition) or "",
        make=renamed(fact.make),
        unmake=renamed(fact.unmake),
    )


def _without_retired(wanted: Facts, present: Facts) -> Facts:
    """Return what stands, without the months that were retired: they are nobody's to compare."""
    ours = {fact.object for fact in wanted.values()}
    retired = {
        fact.object for fact in present.values() if fact.kind == "trigger" and _RETIRED in fact.definition
    } - ours
    return {key: fact for key, fact in present.items() if fact.object not in retired}


def _detached(wanted: Facts, found: Facts) -> Iterator[Drift]:
    """Yield the months that stand beside their table, and were not retired."""
    months = {
        fact.object for fact in wanted.values() if fact.kind == "relation" and "partitioned by" in fact.definition
    }
    for fact in list(found.values()):
        place = re.fullmatch(r"(?P<table>.+)_(?P<year>\d{4})_(?P<month>\d\d)", fact.object)
        if fact.kind == "relation" and place and place["table"] in months and fact.key not in wanted:
            day = f"{place['year']}-{place['month']}-01"
            mend = f"select ttdb.ensure_partition('{place['table']}', '{day}');"
            yield Drift("missing", "parent", fact.object, place["table"], None, mend)
