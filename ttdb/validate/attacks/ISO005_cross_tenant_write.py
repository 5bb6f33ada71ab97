'''
code = "ISO005"
name = "cross-tenant-write"
severity = "error"
since = "0.1.0"
title = "A session of one tenant changes rows of another"
why = """
With its tenant set as the application sets it, the role inserts a row for another tenant, updates or deletes one of
its rows, or hands it a row of its own. What it inserts is a row like the other's, and one like its own people's. Each
attempt touches one row and is rolled back.
"""
bad = """
alter policy insert_own_org on app.orders with check (true);
"""
fix = """
alter policy insert_own_org on app.orders with check (org_id = (select app.org()));
"""
'''

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.causes import why
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.ground import Row
from ttdb.validate.guises import Guise, guises, settings_of
from ttdb.validate.hole import Hole
from ttdb.validate.identity import json_literal
from ttdb.validate.likeness import fired
from ttdb.validate.oracle import MOVE, Question, admitted, guarded
from ttdb.validate.outcomes import Outcome
from ttdb.validate.owning import owning, tied
from ttdb.validate.reaches import words_of
from ttdb.validate.rights import Rights
from ttdb.validate.rows import Copy, copies, delete, move, replacing, touch
from ttdb.validate.self_made import change, insertion, persuading, renewed
from ttdb.validate.world import World

_WRITABLE = (*TABLES, "v")
_ROWS = 5  # that are tried, before it is said that all are referred to
_DENIED, _POLICY_FAILED, _REFERS_TO_NOTHING = "42501", ("22", "42704"), "23503"
_REMADE = r"\bnew\s*(?:\.\s*\"?{}\"?\s*)?:?=|\binto\s+(?:strict\s+)?new\b"
_NO_ANSWER = ("25", "55", "57")  # a standby, a lock, a timeout: nothing was judged
_WRITTEN = sql.SQL("age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")
_WROTE = {
    "insert": "inserts rows for",
    "update": "updates rows of",
    "delete": "deletes rows of",
    "move": "gives rows to",
}
_COMMANDS = {"insert": "a", "update": "w", "delete": "d", "move": "w"}
_ACTIONS = {"insert": Action.INSERT, "update": Action.UPDATE, "delete": Action.DELETE, "move": Action.UPDATE}


@dataclass(frozen=True, slots=True)
class _Try:
    """One role against one table, as one tenant against a row of another."""

    world: World
    role: str
    relation: Relation  # the table that has the rows
    view: Relation | None  # through which it is written
    rights: Rights
    actor: str
    victim: str
    row: Row

    @property
    def target(self) -> Relation:
        """Return what is written to, with the table's key."""
        if self.view is None:
            return self.relation
        shown = tuple(each for each in self.relation.columns if self.view.column(each.name))
        return replace(self.relation, schema=self.view.schema, name=self.view.name, columns=shown)


@dataclass(frozen=True, slots=True)
class _Result:
    done: bool
    evidence: str = ""
    refusal: str = ""  # by something else than the policies, so they did not stop it
    sqlstate: str = ""  # of the refusal
    tried: bool = True


_STOPPED = _Result(done=False)
_UNTRIED = _Result(done=False, tried=False)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Try to insert for, update, delete and hand rows to another tenant, on every table a role may change."""
    for role in world.attackers:
        for (who, oid), rights in world.rights.items():
            relation = world.relation(oid)
            if who == role and relation.kind in _WRITABLE and (rights.inserts or rights.updates or rights.deletes):
                yield from _table(world, role, relation, rights)


def _base(world: World, view: Relation) -> Relation | None:
    """Return the tenants' table that is written through a view, as far as its columns tell."""
    for oid in world.found.catalog.bases.get(view.oid, ()):
        base = world.relation(oid)
        if oid in world.ground.holdings and base.kind in TABLES and any(view.column(name) for name in base.key):
            return base
    return None


def _table(world: World, role: str, written: Relation, rights: Rights) -> Iterator[Hole | Unproven]:
    relation = written if written.kind in TABLES else _base(world, written)
    if relation is None:
        return
    view = None if relation is written else written
    actor = world.actor(relation)
    victims = world.ground.victims(relation.oid, actor) if actor is not None else []
    if actor is None or not victims:
        return  # the attack on reading says that rows are lacking
    one = _Try(world, role, relation, view, rights, actor, *victims[0])
    results = {"insert": _insert(one), "update": _update(one), "delete": _delete(one), "move": _move(one)}
    for name, result in results.items():
        if result.tried:
            world.note(role, str(written), _ACTIONS[name], *_reach(result))
    done = [name for name, result in results.items() if result.done]
    if done:
        yield Hole(
            object=str(written),
            role=role,
            detail=f"{role}, working for one tenant, {', '.join(_WROTE[name] for name in done)} another",
            cause=why(world.found, written, role, _COMMANDS[done[0]]),
            evidence=results[done[0]].evidence,
        )
        return
    for name, result in results.items():
        if result.refusal and view is None:
            yield Unproven(str(relation), f"{role}'s {name} for another tenant was stopped only by: {result.refusal}")


def _reach(result: _Result) -> tuple[Reach, str]:
    if result.done:
        return Reach.LEAKS, "ISO005"
    return (Reach.UNPROVEN, f"stopped only by: {result.refusal}") if result.refusal else (Reach.OWN, "")


def _insert(one: _Try) -> _Result:
    """Insert a copy of the other tenant's row: its references hold, only its keys are new."""
    if not one.rights.inserts or one.world.found.shared(one.relation.oid):
        return _UNTRIED
    last = _UNTRIED
    for settings in (one.world.context(one.actor), one.world.context(None)):
        for copy in _copies(one):
            with one.world.acting_as(one.role, settings) as acting:
                acting.oversee(copy.prepare)
                outcome = acting.attempt(copy.insert)
                there = outcome.count > 0 and bool(acting.oversee(copy.check).rows)
            if there:
                prepared = f"{_text(copy.prepare)};"
                evidence = script(None, settings, prepared, _become(one.role), copy.insert, AS_OVERSEER, copy.check)
                return _Result(done=True, evidence=evidence)
            if outcome.done or _refused_by_policy(outcome):
                break
            last = _refused(outcome)
            if _held_anyway(one, last, "a", one.row):
                break
            if outcome.sqlstate == _REFERS_TO_NOTHING and _is_made_ones_own(one, settings):
                break
        else:
            return last
    return _plant(one)


def _is_made_ones_own(one: _Try, settings: Mapping[str, str]) -> bool:
    """Tell whether a row like one's own, said to be the other's, becomes one's own: a trigger gives it to its writer.

    A copy of the other's row then refers to what its new owner has not.
    """
    own = one.world.ground.holdings[one.relation.oid].rows.get(one.actor, ())
    tenant = one.world.found.tenant_columns.get(one.relation.oid)
    if not own or tenant is None or one.view is not None:
        return False
    theirs = {tenant: one.row.get(tenant)}
    statement = insertion(one.world, one.relation, renewed(one.world, one.relation, own[0], theirs), one.rights, theirs)
    made = _belongs(one.relation, {tenant: own[0].get(tenant)})
    with one.world.acting_as(one.role, settings) as acting:
        return acting.attempt(statement).count > 0 and bool(acting.oversee(made).rows)


def _copies(one: _Try) -> Iterator[Copy]:
    yield from copies(one.world, one.relation, one.row, one.rights, one.view)
    instead = replacing(one.world, one.relation, one.row, one.rights, one.view)
    if instead is not None:
        yield instead


def _plant(one: _Try) -> _Result:
    """Insert a row of the tenant's own people for another: a policy may ask who made it, and not for whom it is."""
    world, relation = one.world, one.relation
    own = world.ground.holdings[relation.oid].rows.get(one.actor, ())
    if one.view is not None or not own or not guarded(world.found, relation, one.role):
        return _STOPPED
    policies = world.found.catalog.policies_of(relation, one.role)
    named, settings = words_of(" ".join(each.text for each in policies)), settings_of(world, [relation.oid])
    worded = [Guise(world.context(one.actor), said) for said in _words(one)]
    for guise in (*guises(world, relation, own, one.actor, named=named, settings=settings), *worded):
        for columns in owning(world, relation):
            unset = [name for name, value in guise.says.items() if value is None and name not in columns]
            theirs_too = {name: one.row.get(name) for name in tied(world, relation, columns)}
            said = {**guise.says, **theirs_too, **dict.fromkeys(unset)}
            row = renewed(world, relation, own[0], said)
            statement = insertion(world, relation, row, one.rights, said)
            theirs = _belongs(relation, {name: said[name] for name in columns})
            asked = [Question(relation, command, each) for command, each in (("a", row), ("r", row), ("r", own[0]))]
            with world.acting_as(one.role, guise.settings) as acting:
                admits, stays, keeps = (each in admitted(world.found, one.role, acting, asked) for each in asked)
                # A child with several parents is whose its policies for reading say.
                given = admits and (relation.oid in world.found.tenant_columns or not (stays and keeps))
                there = given and acting.attempt(statement).count > 0 and bool(acting.oversee(theirs).rows)
            if there:
                return _Result(done=True, evidence=script(one.role, guise.settings, statement, AS_OVERSEER, theirs))
    return _STOPPED


def _words(one: _Try) -> list[dict[str, Any]]:
    """Return what a row may say that what policies check of it takes for leave."""
    policies = one.world.found.catalog.policies_of(one.relation, one.role)
    checks = " ".join(each.with_check or "" for each in policies if each.permissive)
    return persuading(one.relation, checks, one.role)


def _belongs(relation: Relation, owner: Mapping[str, object]) -> sql.Composed:
    """Return the select of a row that this transaction wrote and that is the owner's."""
    same = sql.SQL(" and ").join(
        sql.SQL("to_jsonb(r.{}) = {}::jsonb").format(sql.Identifier(name), json_literal(value))
        for name, value in owner.items()
    )
    return sql.SQL("select 'planted' from {} as r where {} and {}").format(relation.identifier, same, _WRITTEN)


def _update(one: _Try) -> _Result:
    statement = touch(one.world, one.target, one.row, one.rights) if one.rights.updates else None
    changed = sql.SQL("{} and age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")
    return _change(one, statement, changed)


def _delete(one: _Try) -> _Result:
    """Delete a row of another's: one to which nothing refers, if the first is held by its children alone."""
    others = one.world.ground.victims(one.relation.oid, one.actor)
    tries = [one, *(replace(one, victim=victim, row=row) for victim, row in others if row != one.row)]
    for each in tries[:_ROWS]:
        result = _delete_row(each)
        if not result.refusal:
            break
    return result


def _delete_row(one: _Try) -> _Result:
    statement = delete(one.world, one.target, one.row, one.rights) if one.rights.deletes else None
    whole = statement is None and one.rights.deletes and one.world.disposable  # what is not read cannot be named
    if whole:
        statement = sql.SQL("delete from {}").format(one.target.identifier)
    if statement is None:
        return _UNTRIED
    gone = sql.SQL("select 'gone' where not exists (select from {} as r where {})").format(
        one.relation.identifier, one.world.identity(one.relation, [one.row])
    )
    return _perform(one, statement, gone, looking=whole)


def _move(one: _Try) -> _Result:
    own = one.world.ground.holdings[one.relation.oid].rows.get(one.actor, ())
    if not own or not one.rights.updates:
        return _UNTRIED
    statement = move(one.world, one.target, own[0], one.rights, one.victim)
    if statement is None:
        return _UNTRIED
    column = one.world.found.tenant_columns[one.relation.oid]
    check = sql.SQL("select r.{} from {} as r where {} and r.{}::text = {}").format(
        sql.Identifier(column),
        one.relation.identifier,
        one.world.identity(one.relation, [own[0]]),
        sql.Identifier(column),
        sql.Literal(one.victim),
    )
    moved = _perform(one, statement, check)
    if _held_anyway(one, moved, MOVE, {**own[0], column: one.victim}):
        return _STOPPED
    return moved if moved.done or moved.refusal or one.view is not None else _persuade(one, own[0], column)


def _held_anyway(one: _Try, result: _Result, command: str, row: Row) -> bool:
    """Tell whether policies refuse a row that a trigger refused before them, and let one of the tenant's own through.

    Not where a trigger makes it another row, or another's, before they see it.
    """
    own = one.world.ground.holdings[one.relation.oid].rows.get(one.actor, ())
    column = one.world.found.tenant_columns.get(one.relation.oid)
    guards = guarded(one.world.found, one.relation, one.role)
    judged = bool(result.refusal) and not result.sqlstate.startswith(_NO_ANSWER)
    if not judged or one.view is not None or not own or column is None or not guards:
        return False
    if re.search(_REMADE.format(re.escape(column)), fired(one.world, one.relation.oid), re.IGNORECASE):
        return False
    refused, let = (Question(one.relation, command, each) for each in (row, own[0]))
    with one.world.acting_as(one.role, one.world.context(one.actor)) as acting:
        return admitted(one.world.found, one.role, acting, [refused, let]) == [let]


def _persuade(one: _Try, row: Row, tenant: str) -> _Result:
    """Give a row away that says what policies take for leave; where all may be changed, without a look at any.

    What is found by a condition must be seen by the role before and after, what is changed unseen need not.
    """
    theirs = {tenant: one.row.get(tenant)}
    check = _belongs(one.relation, theirs)
    for said in ({}, *_words(one)):
        whole = {**said, **theirs}
        if one.rights.update_columns is not None and not set(one.rights.update_columns).issuperset(whole):
            continue
        for named in (True, False) if one.world.disposable else (True,):
            statement = change(one.world, one.relation, row, whole, named=named)
            result = _perform(one, statement, check, looking=True)
            if result.done:
                return result
    return _STOPPED


def _change(one: _Try, statement: sql.Composed | None, changed: sql.SQL) -> _Result:
    if statement is None:
        return _UNTRIED
    condition = changed.format(one.world.identity(one.relation, [one.row]))
    check = sql.SQL("select 'changed' from {} as r where {}").format(one.relation.identifier, condition)
    return _perform(one, statement, check)


def _perform(one: _Try, statement: sql.Composed, check: sql.Composed, *, looking: bool = False) -> _Result:
    settings = one.world.context(one.actor)
    with one.world.acting_as(one.role, settings) as acting:
        outcome = acting.attempt(statement)
        # A trigger may have done something else, or nothing.
        looking = looking or one.view is not None
        there = outcome.count > 0 and (not looking or bool(acting.oversee(check).rows))
    if there:
        return _Result(done=True, evidence=script(one.role, settings, statement, AS_OVERSEER, check))
    if outcome.done or _refused_by_policy(outcome):
        return _STOPPED
    return _refused(outcome)


def _refused(outcome: Outcome) -> _Result:
    return _Result(done=False, refusal=outcome.message, sqlstate=outcome.sqlstate or "")


def _refused_by_policy(outcome: Outcome) -> bool:
    """Tell whether a policy stopped it: by its condition, or by an error in reading its setting."""
    return outcome.sqlstate is not None and (outcome.sqlstate == _DENIED or outcome.sqlstate.startswith(_POLICY_FAILED))


def _become(role: str) -> sql.Composed:
    return sql.SQL("set local session authorization {}").format(sql.Identifier(role))


def _text(statement: sql.Composed) -> str:
    return statement.as_string(None)
