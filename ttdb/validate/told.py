"""What belongs to another tenant in what a function answered, and was not given to it."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from psycopg import sql

from ttdb.validate.entering import guesses
from ttdb.validate.functions import Call
from ttdb.validate.marks import tenants_in
from ttdb.validate.outcomes import Outcome
from ttdb.validate.taint import Taint, texts_of
from ttdb.validate.world import World

_SHORT = 3  # characters: so short a text stands in others by chance
_LARGE = 100_000  # rows of a table that is searched for a value


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of another tenant in an answer."""

    text: str
    key: str | None = None  # under which it stands; None where the text itself is telling

    def within(self, answer: sql.Composable) -> sql.Composed:
        """Return the condition that an answer in JSON holds the value."""
        if self.key is None:
            # A document inside a text has its quotes escaped there.
            forms = dict.fromkeys((self.text, json.dumps(self.text, ensure_ascii=False)[1:-1]))
            stands = sql.SQL("strpos(lower({}::text), lower({})) > 0")
            return sql.SQL(" or ").join(stands.format(answer, sql.Literal(each)) for each in forms)
        return sql.SQL(
            "exists (select from pg_catalog.jsonb_path_query({}, 'strict $.**') as v (v)"
            " where jsonb_typeof(v.v) = 'object' and v.v ->> {} = {})"
        ).format(answer, sql.Literal(self.key), sql.Literal(self.text))


def foreign(world: World, call: Call, actor: str, outcome: Outcome) -> Shown | None:
    """Return a value of another tenant in what came back, that was not given; None without.

    What only a few rows of each tenant were seen to hold may stand in other rows of the actor's, too: then it is his.
    """
    shown = _foreign(world, call, actor, outcome)
    return None if shown is None or (shown.key is None and _is_own(world, actor, shown.text)) else shown


def _is_own(world: World, actor: str, value: str) -> bool:
    holders = [
        (relation, world.found.tenant_columns[relation.oid])
        for relation in map(world.relation, world.ground.holdings)
        if relation.oid in world.found.tenant_columns and relation.root is None and relation.estimated_rows <= _LARGE
    ]
    form = sql.SQL(
        "(select 1 from {} as r, lateral pg_catalog.jsonb_path_query(to_jsonb(r.*), 'strict $.**') as v (v)"
        " where r.{}::text = {} and lower(v.v #>> '{{}}') = lower({}) limit 1)"
    )
    asked = [
        form.format(relation.identifier, sql.Identifier(tenant), sql.Literal(actor), sql.Literal(value))
        for relation, tenant in holders
    ]
    return bool(asked) and world.oversee(sql.SQL(" union all ").join(asked)).count > 0


def _foreign(world: World, call: Call, actor: str, outcome: Outcome) -> Shown | None:
    canaries = [each for each in world.canaries(actor) if not any(each in given for given in call.given)]
    if not outcome.done:
        line = outcome.message
        return _told(line, canaries) or _tainted(world.taint(actor), line, call, line)
    if outcome.told:
        line = outcome.told
        said = _told(line, canaries) or _tainted(world.taint(actor), line, call, line)
        if said is not None:
            return Shown(line)
    documents = list(_documents(call))
    for value in (value for row in outcome.rows for value in row):
        if call.given and str(value) in world.ground.tenants:
            if str(value) != actor and guesses(world, call):
                return Shown(str(value))
            continue  # whose something is, is what a resolver answers
        answer = _unechoed(value, documents)
        line = json.dumps(answer, ensure_ascii=False, default=str)
        shown = (
            _of_tenant(world, answer, actor)
            or _told(line, canaries)
            or _tainted(world.taint(actor), answer, call, line)
            or _marked(world.taint(actor), answer, call)
        )
        if shown is not None:
            return shown
    return None


def _documents(call: Call) -> Iterator[object]:
    for each in call.given:
        with suppress(ValueError):  # an array begins so too
            yield from [json.loads(each)] if each.startswith("{") else []
            yield from json.loads(each) if each.startswith("[{") else []


def _unechoed(value: object, documents: list[object]) -> object:
    """Return an answer without the documents that were given, as where it repeats its question."""
    if value in documents:
        return None
    if isinstance(value, dict):
        return {name: _unechoed(each, documents) for name, each in value.items()}
    return [_unechoed(each, documents) for each in value] if isinstance(value, list) else value


def _of_tenant(world: World, value: object, actor: str) -> Shown | None:
    columns = set(world.found.tenant_columns.values())
    for name, tenant in tenants_in(value, columns):
        if tenant != actor and tenant in world.ground.tenants:
            return Shown(tenant, name)
    return None


def _marked(taint: Taint, value: object, call: Call) -> Shown | None:
    """Return another tenant by its own name in a row, whatever the key: alone it is what a resolver returns."""
    leaves = list(_leaves(value))
    if len(leaves) < 2:  # noqa: PLR2004 - itself and something besides
        return None
    for name, text in leaves:
        if text.lower() in taint.marks and not any(text in each for each in call.given):
            return Shown(text, name)
    return None


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif name and value is not None:
        yield name, str(value)


def _tainted(taint: Taint, value: object, call: Call, line: str) -> Shown | None:
    """Return what others' values come back as, inside a text or encoded, that was not given."""
    for inside in texts_of(value):
        if inside in call.given:
            continue
        for said in taint.found(_without(inside, call)):
            if not any(said.lower() in each.lower() for each in call.given):
                return Shown(said if said.lower() in line.lower() else inside)
    return None


def _without(text: str, call: Call) -> str:
    """Return a text without what was given, as where a message repeats it."""
    for each in call.given:
        if len(each) > _SHORT:
            text = re.sub(re.escape(each), " ", text, flags=re.IGNORECASE)
    return text


def _told(line: str, canaries: list[str]) -> Shown | None:
    low = line.lower()
    found = next((each for each in canaries if each.lower() in low), None)
    return None if found is None else Shown(found)
