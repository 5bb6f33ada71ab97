'''
code = "FNC004"
name = "function-crosses-tenants"
severity = "error"
since = "0.1.0"
title = "A function with its owner's rights gives a session of one tenant what belongs to another"
why = """
The application may call it, policies do not hold for its owner, and it does not check who asks: called with another
tenant's keys it returns that tenant's rows, tells them in a message, what it returns changes with them, it changes
them, or it makes the session that tenant's for an address or a name that many know. Functions are called with values
from other tenants' rows, and with pieces of SQL where they run text; those that may write in read-only transactions,
unless the database may be harmed; all is rolled back.
"""
bad = """
create function app.orders_of(p_org uuid) returns setof app.orders
language sql stable security definer set search_path = ''
as 'select * from app.orders where org_id = p_org';
"""
fix = """
drop function app.orders_of(uuid);
"""
'''

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.answering import fetching, telling, told
from ttdb.validate.beliefs import contexts
from ttdb.validate.dependence import after_another, changes
from ttdb.validate.entering import bears, entered, entitled, sets
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.functions import Call, answers, at_once, calls, functions
from ttdb.validate.harm import harmed_rows, taken_rows
from ttdb.validate.hole import Hole
from ttdb.validate.judging import Probe, again, declared, hole_of, judged
from ttdb.validate.outcomes import Outcome, Statement
from ttdb.validate.reaches import tables_in
from ttdb.validate.self_made import insertion, persuading, renewed
from ttdb.validate.sessions import Mode
from ttdb.validate.settling import ways
from ttdb.validate.world import World

_WRITES = "25006"
_ANSWERED, _OTHERWISE, _CONTEXTS = 2, 4, 12  # calls that are made alone in other contexts, and in how many
_SETTING = re.compile(r"\bset_config\s*\(\s*'([A-Za-z_]\w*(?:\.\w+)+)'", re.IGNORECASE)
_GIVEN = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9]+")  # what a refusal repeats of what was given
_SAMPLES = 4  # of calls that are refused alike
_SAYINGS = 6  # rows of the caller's own
_BELIEVED = 3  # contexts that a function believes, in which what it answers is compared

_Believed: TypeAlias = tuple[Probe, list[Call]]


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call every function that runs with its owner's rights, as a tenant, with others' values."""
    actor = next(iter(world.ground.tenants), None)
    if actor is None or len(world.ground.tenants) < 2:  # noqa: PLR2004 - an attacker and a victim
        return
    for function in functions(world):
        result = _function(Probe(world, function, function.callers[0], actor))
        for role in function.callers:  # it runs with its owner's rights, whoever calls
            world.note(role, str(function), Action.EXECUTE, *_reach(result))
        if result is not None:
            yield result


def _reach(result: Hole | Unproven | None) -> tuple[Reach, str]:
    if result is None:
        return Reach.OWN, ""
    return (Reach.UNPROVEN, result.why) if isinstance(result, Unproven) else (Reach.LEAKS, "FNC004")


def _function(probe: Probe) -> Hole | Unproven | None:
    function = probe.function
    asked = calls(probe.world, function, probe.actor)
    answered, found = _ask(probe, [each for each in asked if not bears(probe.world, each, probe.actor)])
    if found is not None:
        return found
    if function.kind in ("f", "p") and (probe.world.disposable or not function.volatile):
        found = changes(probe, telling(answered))
        if found is None and probe.remembers and not probe.world.found.registry.signed:
            found = after_another(probe, telling(answered))
        found = found or _after_saying(probe, telling(answered))
    writes = [outcome.message for _, outcome in answered if outcome.sqlstate == _WRITES]
    if found is None and writes and not declared(probe):
        return Unproven(str(function), f"it writes, and may only be called with --disposable: {writes[-1]}")
    return found


def _after_saying(probe: Probe, asked: list[Call]) -> Hole | None:
    """Have the caller make rows of its own that say what the function looks for, and call it again after each."""
    for made in islice(_sayings(probe), _SAYINGS if probe.world.disposable else 0):
        with probe.world.acting_as(probe.role, probe.settings) as acting:
            ask = _each if probe.function.volatile else answers  # what one call writes is no answer of the next
            answered = ask(acting, asked) if acting.attempt(made).count > 0 else []
        for call, outcome in zip(asked, answered, strict=False):
            found = judged(probe, probe.settings, [made, call.statement], call, outcome)
            if found is not None:
                return found
    return None


def _each(acting: Acting, asked: list[Call]) -> list[Outcome]:
    """Make each call by itself, and undo it."""
    return [told(acting, [call.statement])[-1] for call in asked]


def _sayings(probe: Probe) -> Iterator[sql.Composed]:
    """Return the inserts of rows of the caller's own into tables that the function reads, with words that it names."""
    world, body = probe.world, probe.function.body
    for oid in tables_in(world.found.catalog, body):
        relation, rights = world.relation(oid), world.rights.get((probe.role, oid))
        holding = world.ground.holdings.get(oid)
        rows = holding.rows.get(probe.actor, ()) if holding is not None else ()
        for said in persuading(relation, body, probe.role) if rights is not None and rights.inserts and rows else ():
            if rights is not None:
                yield insertion(world, relation, renewed(world, relation, rows[0], said), rights, said)


def _ask(probe: Probe, asked: list[Call]) -> tuple[list[tuple[Call, Outcome]], Hole | None]:
    """Make the calls until one gives or harms what is another's."""
    if probe.function.repeatable and not _answers_in(probe):
        return _ask_at_once(probe, asked)
    answered: list[tuple[Call, Outcome]] = []
    for call in asked:
        outcome, found = _call(probe, probe.settings, call)
        answered.append((call, outcome))
        if found is not None:
            return answered, found
    return answered, _ask_otherwise(probe, answered)


def _ask_otherwise(probe: Probe, answered: list[tuple[Call, Outcome]]) -> Hole | None:
    """Make some of the calls as nobody, and with settings that the function believes: each costs a way of its own."""
    may = [call for call, outcome in answered if outcome.sqlstate != _WRITES]
    first = telling(answered)[:_ANSWERED]
    some = [*first, *(each for each in may if each not in first)][:_OTHERWISE]
    done = {id(call) for call, outcome in answered if outcome.done}
    believed: list[_Believed] = []
    for settings in islice(contexts(probe), 1, _CONTEXTS):
        here: list[tuple[Call, Outcome]] = []
        for call in some:
            outcome, found = _call(probe, settings, _claiming(probe, settings, call))
            if found is not None:
                return found
            here.append((call, outcome))
            if id(call) in done and not outcome.done:
                break  # the context is what is refused
        believed += _believing(probe, settings, answered, here) if probe.world.disposable else []
    return _counted(believed)


def _ask_at_once(probe: Probe, asked: list[Call]) -> tuple[list[tuple[Call, Outcome]], Hole | None]:
    answered: list[tuple[Call, Outcome]] = []
    believed: list[_Believed] = []
    for settings in contexts(probe):
        with probe.world.acting_as(probe.role, settings, fresh=not settings, mode=Mode.READ_ONLY) as acting:
            here = _answered(acting, asked, answered)
        answered = answered or here
        for call, outcome in here:
            found = judged(probe, settings, [call.statement], call, outcome)
            if found is not None:
                return answered, found
        believed += _believing(probe, settings, answered, here)
    return answered, _counted(believed)


def _believing(
    probe: Probe, settings: dict[str, str], answered: list[tuple[Call, Outcome]], here: list[tuple[Call, Outcome]]
) -> list[_Believed]:
    """Return the calls that a setting of the tenant's session has answered otherwise, if any are.

    Of nobody's session those that were refused to the tenant: what compares with the tenant may be passed by none.
    """
    otherwise = _otherwise(answered, here)
    if not settings.keys() >= probe.settings.keys() or not any(settings.values()):
        refused = {id(call) for call, outcome in answered if not outcome.done}
        otherwise = [call for call in otherwise if id(call) in refused]
    return [(replace(probe, believed=settings), otherwise)] if otherwise else []


def _counted(believed: list[_Believed]) -> Hole | None:
    """Compare what is answered there with what is when others' rows change."""
    holes = (changes(each, asked) for each, asked in believed[:_BELIEVED])
    return next((hole for hole in holes if hole is not None), None)


def _claiming(probe: Probe, settings: dict[str, str], call: Call) -> Call:
    """Return a call with which tenants the settings name counted among what is given: they tell nothing then."""
    claimed = [value for name, value in settings.items() if value != probe.settings.get(name)]
    named = [value for value in claimed if any(tenant in value for tenant in probe.world.ground.tenants)]
    return replace(call, given=(*call.given, *named))


def _answered(acting: Acting, asked: list[Call], known: list[tuple[Call, Outcome]]) -> list[tuple[Call, Outcome]]:
    """Make the calls; where the tenant's own context is known, not each of those that are refused alike.

    Most are refused for what was given, or all of them for the context, and each refusal costs a statement of its own.
    """
    kinds: dict[str, list[Call]] = {}
    for call, outcome in known:
        kinds.setdefault(_kind(outcome), []).append(call)
    made = [pair for alike in kinds.values() for pair in _of_a_kind(acting, alike)]
    return made or list(zip(asked, answers(acting, asked), strict=True))


def _of_a_kind(acting: Acting, calls: list[Call]) -> list[tuple[Call, Outcome]]:
    """Make calls that came to the same before: all at once, or a few of them, and the rest unless these are refused."""
    some = calls[:: -(-len(calls) // _SAMPLES)]
    together = at_once(acting, calls)
    if together is not None:
        return list(zip(calls, together, strict=True))
    made = answers(acting, some)
    if len({_kind(each) for each in made}) > 1 or made[0].done:
        rest = [each for each in calls if each not in some]
        return list(zip(some + rest, made + answers(acting, rest), strict=True))
    return list(zip(some, made, strict=True))


def _kind(outcome: Outcome) -> str:
    """Return how a call was refused, whatever was given; nothing where it was not."""
    return "" if outcome.done else f"{outcome.sqlstate} {_GIVEN.sub('', outcome.message)}"


def _otherwise(answered: list[tuple[Call, Outcome]], here: list[tuple[Call, Outcome]]) -> list[Call]:
    """Return the calls that were answered, and otherwise than in the tenant's own context."""
    known = {id(call): outcome.rows for call, outcome in answered}
    return [call for call, outcome in here if outcome.done and outcome.rows and outcome.rows != known[id(call)]]


def _answers_in(probe: Probe) -> list[str]:
    """Return the settings that the function sets, in which it may answer: those of the tenant are his session."""
    names = dict.fromkeys(_SETTING.findall(probe.function.body))
    return [each for each in names if each not in probe.world.found.tenant_settings]


def _left(probe: Probe, acting: Acting) -> list[tuple[Statement, Outcome]]:
    """Read the settings in which the function may have answered."""
    form = sql.SQL("select pg_catalog.current_setting({0}, true) where pg_catalog.current_setting({0}, true) <> ''")
    asked = [form.format(sql.Literal(name)) for name in _answers_in(probe)]
    return [(each, acting.attempt(each)) for each in asked]


def _made(probe: Probe, acting: Acting, call: Call) -> tuple[Statement, Outcome]:
    """Make a call, with what waits for its commit where that is not refused."""
    for statement in ways(probe.world, call.statement) if probe.may_write else [call.statement]:
        outcome = acting.attempt(statement)
        if outcome.done:
            break
    return statement, outcome


def _call(probe: Probe, settings: dict[str, str], call: Call) -> tuple[Outcome, Hole | None]:
    statements: list[Statement] = [call.statement]
    mode = Mode.PLAIN if probe.may_write else Mode.READ_ONLY
    twice: list[Outcome] = []
    with probe.world.acting_as(probe.role, settings, fresh=not settings, mode=mode) as acting:
        made, outcome = _made(probe, acting, call)
        answer = outcome
        fetch = fetching(outcome) if probe.function.opens else None
        if fetch is not None:
            statements.append(fetch)
            answer = acting.attempt(fetch)
        may_harm = probe.may_write and outcome.done
        harmed = harmed_rows(probe.world, acting, probe.actor, given=call.given) if may_harm else None
        if harmed is None and probe.remembers and outcome.done and len(statements) == 1:
            twice = [acting.attempt(each) for each in again(probe, settings, call)]
        may_enter = outcome.done and settings.keys() >= probe.settings.keys() and sets(probe.world, probe.function.body)
        session = entered(probe.world, acting, probe.actor) if may_enter else None
        by_right = entitled(probe.world, call)
        left = _left(probe, acting) if outcome.done and session is None and not by_right else []
        may_take = probe.may_write and outcome.done and harmed is None
        taken = taken_rows(probe.world, acting, probe.role, probe.actor, call) if may_take else None
    if harmed is not None:
        evidence = script(probe.role, settings, made, AS_OVERSEER, harmed)
        return outcome, hole_of(probe, "working for one tenant, changes rows of another", evidence)
    if taken is not None:
        evidence = script(probe.role, settings, call.statement, taken)
        return outcome, hole_of(probe, "working for one tenant, writes what is another's where he reads it", evidence)
    if session is not None and not by_right:
        evidence = script(probe.role, settings, call.statement, session)
        return outcome, hole_of(probe, "working for one tenant, is made another's session", evidence)
    answered = [(statements, answer), *(([call.statement, each], said) for each, said in left)]
    if twice:
        answered.append(([call.statement, *again(probe, settings, call)], twice[-1]))
    holes = (judged(probe, settings, asked, call, said) for asked, said in answered)
    return outcome, next((hole for hole in holes if hole is not None), None)
