'''
code = "FNC004"
name = "function-crosses-tenants"
severity = "error"
since = "0.1.0"
title = "A function with its owner's rights gives a session of one tenant what belongs to another"
why = """
The application may call it, policies do not hold for its owner, and it does not check who asks: called with another
tenant's keys it returns that tenant's rows, tells them in a message, what it returns changes with them, or it changes
them. Functions are called with values from other tenants' rows, and with pieces of SQL where they run text; those that
may write in read-only transactions, unless the database may be harmed; all is rolled back.
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

import json
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from ttdb.model import Action, Reach, Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.functions import Call, Function, answers, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.rows import copies
from ttdb.validate.sessions import Acting, Mode, Outcome, Statement
from ttdb.validate.taint import Taint, texts_of
from ttdb.validate.widening import values
from ttdb.validate.world import World

_WRITES, _BEFORE, _TOLD = "25006", "ttdb.before", "ttdb.told"
_HEARD = {"client_min_messages": "notice"}  # what a function says counts as what it returns
_NOBODYS, _WIDENING = 4, 20
_MOST = 8  # answers of one function that are compared after a change


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call every function that runs with its owner's rights, as a tenant, with others' values."""
    actor = next(iter(world.ground.tenants), None)
    if actor is None or len(world.ground.tenants) < 2:  # noqa: PLR2004 - an attacker and a victim
        return
    for function in functions(world):
        result = _function(_Probe(world, function, function.callers[0], actor))
        for role in function.callers:  # it runs with its owner's rights, whoever calls
            world.note(role, str(function), Action.EXECUTE, *_reach(result))
        if result is not None:
            yield result


@dataclass(frozen=True, slots=True)
class _Probe:
    """One function, called by one role for one tenant."""

    world: World
    function: Function
    role: str
    actor: str

    @property
    def settings(self) -> dict[str, str]:
        return self.world.context(self.actor) | _HEARD

    @property
    def may_write(self) -> bool:
        return self.world.disposable and (self.function.volatile or self.function.procedure)


def _reach(result: Hole | Unproven | None) -> tuple[Reach, str]:
    if result is None:
        return Reach.OWN, ""
    return (Reach.UNPROVEN, result.why) if isinstance(result, Unproven) else (Reach.LEAKS, "FNC004")


def _function(probe: _Probe) -> Hole | Unproven | None:
    function = probe.function
    answered, found = _ask(probe, list(calls(probe.world, function, probe.actor)))
    if found is not None:
        return found
    if function.kind == "f" and (probe.world.disposable or not function.volatile):
        same = [(call, outcome) for call, outcome in answered if outcome.done]
        found = _changes(probe, same[:_MOST])
    writes = [outcome.message for _, outcome in answered if outcome.sqlstate == _WRITES]
    if found is None and writes and not _declared(probe):
        return Unproven(str(function), f"it writes, and may only be called with --disposable: {writes[-1]}")
    return found


def _ask(probe: _Probe, asked: list[Call]) -> tuple[list[tuple[Call, Outcome]], Hole | None]:
    """Make the calls until one gives or harms what is another's."""
    answered: list[tuple[Call, Outcome]] = []
    if not probe.function.repeatable:
        for call in asked:
            outcome, found = _call(probe, probe.settings, call)
            answered.append((call, outcome))
            if found is not None:
                return answered, found
        found = next((hole for call in asked[:_NOBODYS] if (hole := _call(probe, {}, call)[1]) is not None), None)
        return answered, found
    for settings in _contexts(probe):
        with probe.world.acting_as(probe.role, settings, mode=Mode.READ_ONLY) as acting:
            outcomes = answers(acting, asked)
        answered = answered or list(zip(asked, outcomes, strict=True))
        for call, outcome in zip(asked, outcomes, strict=True):
            found = _judged(probe, settings, [call.statement], call, outcome)
            if found is not None:
                return answered, found
    return answered, None


def _contexts(probe: _Probe) -> Iterator[dict[str, str]]:
    """Return the tenant's own context, that of nobody, and those with a setting that the function believes."""
    yield probe.settings
    yield probe.world.context(None) | _HEARD
    for setting in probe.world.found.other_settings:
        if setting in probe.function.body:
            for value in values(probe.world, setting)[:_WIDENING]:
                yield probe.settings | {setting: value}


def _call(probe: _Probe, settings: dict[str, str], call: Call) -> tuple[Outcome, Hole | None]:
    statements: list[Statement] = [call.statement]
    mode = Mode.PLAIN if probe.may_write else Mode.READ_ONLY
    with probe.world.acting_as(probe.role, settings, mode=mode) as acting:
        outcome = answer = acting.attempt(call.statement)
        if outcome.done and probe.function.returns == "refcursor" and outcome.rows and outcome.rows[0][0]:
            statements.append(sql.SQL("fetch 50 from {}").format(sql.Identifier(str(outcome.rows[0][0]))))
            answer = acting.attempt(statements[-1])
        harmed = _harmed(probe.world, acting, probe.actor) if probe.may_write and outcome.done else None
    if harmed is not None:
        evidence = script(probe.role, settings, call.statement, AS_OVERSEER, harmed)
        return outcome, _hole(probe, "working for one tenant, changes rows of another", evidence)
    return outcome, _judged(probe, settings, statements, call, answer)


def _judged(
    probe: _Probe, settings: dict[str, str], statements: list[Statement], call: Call, answer: Outcome
) -> Hole | None:
    if _declared(probe) and _resolves(probe.world, answer):
        return None
    shown = _foreign(probe.world, call, probe.actor, answer)
    if shown is None:
        return None
    if not answer.done:
        return _told_by_message(probe, settings, statements[-1], shown)
    if shown in answer.told:
        evidence = script(probe.role, settings, *statements)
        return _hole(probe, "working for one tenant, is told by a notice what belongs to another", evidence)
    if len(statements) > 1 or probe.function.procedure:
        evidence = script(probe.role, settings, *statements)
    else:
        condition = sql.SQL("strpos(lower(x.to_jsonb::text), lower({})) > 0").format(sql.Literal(shown))
        form = sql.SQL("select 'of another tenant' from ({}) as x where {} limit 3")
        evidence = script(probe.role, settings, form.format(statements[0], condition))
    return _hole(probe, "working for one tenant, is given what belongs to another", evidence)


def _told_by_message(probe: _Probe, settings: dict[str, str], statement: Statement, shown: str) -> Hole:
    called = text(statement)
    called = f"perform {called.removeprefix('select ')}" if called.startswith("select ") else called
    catch = (  # in dollars, since the call has quotes of its own
        f"do $call$ begin {called}; exception when others then"
        f" perform pg_catalog.set_config('{_TOLD}', sqlerrm, true); end $call$;"
    )
    show = sql.SQL("select 'of another tenant' where strpos(lower(current_setting({}, true)), lower({})) > 0")
    evidence = script(probe.role, settings, catch, show.format(sql.Literal(_TOLD), sql.Literal(shown)))
    return _hole(probe, "working for one tenant, is told by a message what belongs to another", evidence)


def _foreign(world: World, call: Call, actor: str, outcome: Outcome) -> str | None:
    """Return a value of another tenant in what came back, that was not given; None without."""
    canaries = [each for each in world.canaries(actor) if not any(each in given for given in call.given)]
    if not outcome.done:
        line = outcome.message
        return _told(line, canaries) or _tainted(world.taint(actor), line, call, line)
    if outcome.told:
        line = outcome.told
        said = _told(line, canaries) or _tainted(world.taint(actor), line, call, line)
        if said is not None:
            return line
    columns = set(world.found.tenant_columns.values())
    for value in (value for row in outcome.rows for value in row):
        if call.given and str(value) in world.ground.tenants:
            continue  # whose something is, is what a resolver answers
        for tenant in _tenants(value, columns):
            if tenant != actor and tenant in world.ground.tenants:
                return tenant
        line = json.dumps(value, ensure_ascii=False, default=str)
        shown = _told(line, canaries) or _tainted(world.taint(actor), value, call, line)
        if shown is not None:
            return shown
    return None


def _tainted(taint: Taint, value: object, call: Call, line: str) -> str | None:
    """Return what others' values come back as, inside a text or encoded, that was not given."""
    for inside in texts_of(value):
        if inside in call.given:
            continue
        for said in taint.found(inside):
            if not any(said in each for each in call.given):
                return said if said.lower() in line.lower() else inside
    return None


def _told(line: str, canaries: list[str]) -> str | None:
    line = line.lower()
    return next((each for each in canaries if each.lower() in line), None)


def _tenants(value: object, columns: set[str]) -> Iterator[str]:
    """Find the tenants of rows: a bare tenant is what a resolver returns, and may be returned."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in columns and len(value) > 1 and each is not None:
                yield str(each)
            yield from _tenants(each, columns)
    elif isinstance(value, list):
        for each in value:
            yield from _tenants(each, columns)


def _harmed(world: World, acting: Acting, actor: str) -> sql.Composed | None:
    """Return a select that shows that a row of another tenant is gone or was written; None where all are as before."""
    checks: list[sql.Composed] = []
    for oid in world.ground.holdings:
        relation = world.relation(oid)
        rows = [row for _, row in world.ground.victims(oid, actor)]
        if relation.kind not in TABLES or relation.root is not None or not relation.key or not rows:
            continue
        checks.append(
            sql.SQL(
                "select 'changed' where (select count(*) from {} as r where {}"
                " and age(r.xmin) > age(pg_catalog.pg_current_xact_id()::xid)) < {}"
            ).format(relation.identifier, world.identity(relation, rows), sql.Literal(len(rows)))
        )
    if not checks or not acting.oversee(sql.SQL(" union all ").join(checks)).rows:
        return None
    return next((each for each in checks if acting.oversee(each).rows), None)


def _changes(probe: _Probe, answered: list[tuple[Call, Outcome]]) -> Hole | None:
    """Add a row to another tenant, or take one away, and call again: the answers must be the same."""
    asked = [call for call, _ in answered]
    tables = {each.oid: each for call in asked for each in _read(probe, call)}
    given = {value for call in asked for value in call.given}
    for relation in tables.values():
        for steps in _steps(probe, relation, given):
            hole = _changed(probe, asked, steps)
            if hole is not None:
                return hole
    return None


def _steps(probe: _Probe, relation: Relation, given: set[str]) -> Iterator[list[sql.Composed]]:
    """Return changes by the overseer, each in statements: a copy of another's row, or the loss of one asked about."""
    victims = probe.world.ground.victims(relation.oid, probe.actor)
    asked = [each for each in victims if any(str(value) in given for value in each[1].values() if value is not None)]
    for _, row in victims[:1] + [each for each in asked[:1] if each is not victims[0]]:
        yield from ([copy.prepare, copy.insert] for copy in copies(probe.world, relation, row, None))
    for _, row in asked[:2] if probe.world.disposable else []:
        where = probe.world.identity(relation, [row])
        yield [sql.SQL("delete from {} as r where {}").format(relation.identifier, where)]


def _changed(probe: _Probe, asked: list[Call], steps: list[sql.Composed]) -> Hole | None:
    with probe.world.acting_as(probe.role, probe.settings) as acting:
        before = answers(acting, asked)
        again = answers(acting, asked) if probe.function.volatile else before
        done = [acting.oversee(each) for each in steps][-1].count > 0
        after = answers(acting, asked) if done else []
    for place, other in enumerate(after):
        one = before[place]
        if not one.done or not other.done or one.rows != again[place].rows or one.rows == other.rows:
            continue
        if not (_resolves(probe.world, one) and _resolves(probe.world, other)):
            evidence = _shows_change(probe, asked[place], steps)
            return _hole(probe, "working for one tenant, is answered otherwise with a row of another", evidence)
    return None


def _declared(probe: _Probe) -> bool:
    """Tell whether the function is a declared resolver: it writes the trail, and its reach is FNC007's business."""
    return probe.function.oid in probe.world.found.registry.resolvers


def _resolves(world: World, outcome: Outcome) -> bool:
    """Tell whether nothing but tenants came back: that is what a resolver is for."""
    return all(value is None or str(value) in world.ground.tenants for row in outcome.rows for value in row)


def _read(probe: _Probe, call: Call) -> list[Relation]:
    """Return the tenants' tables that a function's body names, or that it is given the name of."""
    words = " ".join((probe.function.body, *(call.given if probe.function.dynamic else ()))).lower()
    relations = (probe.world.relation(oid) for oid in probe.world.ground.holdings)
    return [each for each in relations if each.root is None and each.name.lower() in words]


def _shows_change(probe: _Probe, call: Call, steps: list[sql.Composed]) -> str:
    become = text(sql.SQL("set local session authorization {}").format(sql.Identifier(probe.role)))
    told = sql.SQL("(select coalesce(string_agg(x::text, ','), '') from ({}) as x)").format(call.statement)
    keep = sql.SQL("select pg_catalog.set_config({}, {}, true)").format(sql.Literal(_BEFORE), told)
    show = sql.SQL("select 'changed' where pg_catalog.current_setting({}) <> {}").format(sql.Literal(_BEFORE), told)
    changes = [f"{text(each)};" for each in steps]
    return script(probe.role, probe.settings, keep, AS_OVERSEER, *changes, f"{become};", show)


def _hole(probe: _Probe, what: str, evidence: str) -> Hole:
    function = probe.function
    kind = {"p": "procedure", "a": "aggregate"}.get(function.kind, "function")
    return Hole(
        object=str(function),
        role=probe.role,
        detail=f"{probe.role}, {what}",
        cause="functions with their owner's rights do not check who asks",
        evidence=evidence,
        fix=f"-- let {function} hold what it reads and writes to the caller's tenant, or:\n"
        f"revoke execute on {kind} {function} from public, {probe.role};",
    )
