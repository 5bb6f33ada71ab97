'''
code = "FNC015"
name = "function-sets-parameter"
severity = "error"
since = "0.1.0"
title = "A function lets the application set what only its owner may set"
why = """
A function that runs with a superuser's rights hands a name and a value on to set_config() or SET. Whoever may call it
sets any parameter of the session: with session_replication_role no trigger fires any more, so that nothing is recorded
and no key is checked. Each such function is called with that parameter, and the session is asked whether it is set.
"""
bad = """
create function app.remember(p_name text, p_value text) returns text
language sql security definer set search_path = ''
as 'select pg_catalog.set_config(p_name, p_value, false)';
"""
fix = """
create or replace function app.remember(p_name text, p_value text) returns text
language sql security definer set search_path = ''
as $$ select pg_catalog.set_config('app.' || p_name, p_value, false) $$;
"""
'''

import re
from collections.abc import Iterator
from itertools import permutations

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.arguments import TEXTS
from ttdb.validate.documents import plain
from ttdb.validate.evidence import script
from ttdb.validate.functions import Function, functions, statement
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import with_called
from ttdb.validate.sessions import Mode
from ttdb.validate.world import World

_SETS = re.compile(r"\bset_config\s*\(|\bset\s+(?:local\s+|session\s+)?%|'\s*set\s", re.IGNORECASE)
_NAME, _VALUE = "session_replication_role", "replica"
_SET = sql.SQL("select 'set' where pg_catalog.current_setting({}) = {}").format(sql.Literal(_NAME), sql.Literal(_VALUE))
_MOST = 4  # arguments


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call each function that sets a parameter with one that only superusers set."""
    tenant = next(iter(world.ground.tenants), None)
    for function in functions(world):
        if function.kind in ("f", "p") and _SETS.search(with_called(world.found.catalog, [function.body])):
            hole = next((hole for call in _calls(function) if (hole := _call(world, function, call, tenant))), None)
            if hole is not None:
                yield hole


def _calls(function: Function) -> Iterator[sql.Composed]:
    """Return calls in which two texts are the parameter's name and value, or one its value; the rest are null."""
    kinds = function.argument_types
    texts = [place for place, kind in enumerate(kinds) if kind in TEXTS] if len(kinds) <= _MOST else []
    ways: list[dict[int, str]] = [{name: _NAME, value: _VALUE} for name, value in permutations(texts, 2)]
    ways += [{place: each} for place in texts for each in (_VALUE, f"{_NAME} = {_VALUE}")]
    for given in ways:
        yield statement(function, tuple(plain(given.get(place), kind) for place, kind in enumerate(kinds)))


def _call(world: World, function: Function, call: sql.Composed, tenant: str | None) -> Hole | None:
    role, settings = function.callers[0], world.context(tenant)
    with world.acting_as(role, settings, mode=Mode.READ_ONLY) as acting:
        done = acting.attempt(call).done and acting.attempt(_SET).rows
    if not done:
        return None
    return Hole(
        object=str(function),
        role=role,
        detail=f"{role} sets {_NAME}, which is its owner's to set, by calling {function}",
        cause="functions set parameters for their callers",
        evidence=script(role, settings, call, _SET),
        fix=f"revoke execute on function {function} from public, {role};",
    )
