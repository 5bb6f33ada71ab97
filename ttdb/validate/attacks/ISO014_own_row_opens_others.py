'''
code = "ISO014"
name = "own-row-opens-others"
severity = "error"
since = "0.1.0"
title = "A row that a session makes for itself opens rows of another tenant"
why = """
Policies believe a table, of members or of shares, and that table's own policies ask only who is named in a new row, not
for which tenant: a session makes itself a member of another tenant, and reads it from then on. Each table that policies
on others read, in a subquery, a view or a function, is written one row that names another tenant, a parent of its, or
a word that policies look for, as whoever the session may say it is; then the other tables are looked at, and their
policies asked about writes. All is rolled back.
"""
bad = """
create table app.members (
    org_id uuid not null references app.orgs on delete cascade,
    login text not null,
    primary key (org_id, login)
);
insert into app.members select id, 'ann' || left(id::text, 8) from app.orgs;
alter table app.members enable row level security;
alter table app.members force row level security;
create policy see_own on app.members for select to example_app
using (login = pg_catalog.current_setting('app.login', true));
create policy join_org on app.members for insert to example_app
with check (login = pg_catalog.current_setting('app.login', true));
grant select, insert on app.members to example_app;
alter policy select_own_org on app.orders
using (org_id = (select app.org()) or org_id in (select m.org_id from app.members as m));
"""
fix = """
alter policy join_org on app.members
with check (org_id = (select app.org()) and login = pg_catalog.current_setting('app.login', true));
"""
'''

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.alike import kin
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.evidence import script
from ttdb.validate.guises import Guise, guises, settings_of
from ttdb.validate.hole import Hole
from ttdb.validate.oracle import MOVE, TAKE, Question, admitted, guarded, may, statement
from ttdb.validate.owning import may_set
from ttdb.validate.rights import Rights
from ttdb.validate.self_made import Subject, believed, change, changes, insertion, renewed, subject
from ttdb.validate.show import rows
from ttdb.validate.world import World

_OF_A_KIND, _TARGETS, _TRIES = 3, 20, 8
_ACTIONS = {"a": Action.INSERT, "w": Action.UPDATE, "d": Action.DELETE}
_VERBS = {"r": "reads", "a": "inserts", "w": "updates", "d": "deletes"}


@dataclass(frozen=True, slots=True)
class _Try:
    """One role at one table that policies believe."""

    world: World
    role: str
    actor: str
    subject: Subject
    rights: Rights
    reads: Mapping[int, sql.Composed]  # conditions that only others' rows meet, by relation
    writes: tuple[Question, ...]  # about others' rows

    @property
    def relation(self) -> Relation:
        """Return the table that policies believe."""
        return self.subject.relation


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a row opened that was closed before it, and the statement that shows it."""

    relation: Relation
    command: str
    shown: sql.Composed


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Make rows in each table that policies on others believe, and look at those others."""
    if len(world.ground.tenants) < 2:  # noqa: PLR2004 - one and another
        return
    for role in world.attackers:
        if world.found.catalog.roles[role].bypasses:
            continue
        told: set[str] = set()
        for oid, believers in believed(world, role).items():
            for hole in _table(world, role, world.relation(oid), believers):
                if hole.object not in told:
                    told.add(hole.object)
                    yield hole


def _table(world: World, role: str, relation: Relation, believers: set[int]) -> Iterator[Hole]:
    rights, actor = world.rights.get((role, relation.oid)), world.actor(relation)
    if rights is None or actor is None or not (rights.inserts or rights.updates):
        return
    reads, writes = _closed(world, role, actor, believers, relation)
    one = subject(world, relation, actor, believers) if reads or writes else None
    if one is None:
        return
    it = _Try(world, role, actor, one, rights, reads, writes)
    settings = settings_of(world, {relation.oid, *believers})
    for guise in guises(world, relation, one.rows, actor, named=one.named, settings=settings):
        for made in _ways(it, guise):
            opened = _opened(it, guise, made)
            if opened:
                yield from _holes(it, guise, made, opened)
                return


def _closed(
    world: World, role: str, actor: str, believers: set[int], relation: Relation
) -> tuple[dict[int, sql.Composed], tuple[Question, ...]]:
    """Return what the role does not see of others in the tables that believe, and in views on them; a few of a kind."""
    honest, kinds = world.reads(role), dict[object, int]()
    reads: dict[int, sql.Composed] = {}
    writes: list[Question] = []
    catalog = world.found.catalog
    views = {oid for oid, bases in catalog.bases.items() if bases & believers}
    for oid in sorted(believers | views):
        target = world.relation(oid)
        kind = kin(world.found, target, role) or oid
        if (role, oid) not in world.rights or world.actor(target) != actor or kinds.get(kind, 0) >= _OF_A_KIND:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        victims = world.ground.victims(oid, actor)
        condition = world.foreign(role, target) if oid in honest and not honest[oid].seen else None
        if target == relation and condition is not None:  # the row that is made names another tenant, too
            condition = world.identity(relation, [row for _, row in victims]) if relation.key else None
        if condition is not None:
            reads[oid] = condition
        if target.kind in TABLES and target != relation and victims and guarded(world.found, target, role):
            writes += [Question(target, each, victims[0][1]) for each in _ACTIONS if may(world, role, target, each)]
    few = dict(list(reads.items())[:_TARGETS])
    return few, tuple(writes[: 2 * _TARGETS])


def _ways(it: _Try, guise: Guise) -> Iterator[sql.Composed]:
    """Return the writes of a row that the table's own policies admit."""
    world, relation, row = it.world, it.relation, it.subject.rows[0]
    said = [{**guise.says, **each} for each in changes(world, it.subject, it.actor, it.role)]
    new = {number: renewed(world, relation, row, each) for number, each in enumerate(said)}
    held = guarded(world.found, relation, it.role)
    inserts = [Question(relation, "a", new[number]) for number in new if it.rights.inserts]
    moves = [Question(relation, MOVE, {**row, **each}) for each in said if may_set(it.rights, tuple(each))]
    if held:
        with world.acting_as(it.role, guise.settings) as acting:
            inserts = admitted(world.found, it.role, acting, inserts)
            takes = admitted(world.found, it.role, acting, [Question(relation, TAKE, row)] if moves else [])
            moves = admitted(world.found, it.role, acting, moves) if takes else []
    for question in inserts[:_TRIES]:
        each = next(said[number] for number, made in new.items() if made is question.row)
        yield insertion(world, relation, question.row, it.rights, each)
    for question in moves[:_TRIES]:
        changed = {name: value for name, value in question.row.items() if value != row.get(name)}
        for own in it.subject.rows:  # what others refer to may be refused a change that another may have
            yield change(world, relation, own, changed, named=True)
        if world.disposable:
            yield change(world, relation, row, changed, named=False)


def _opened(it: _Try, guise: Guise, made: sql.Composed) -> list[_Opened]:
    """Write the row, and return what is open now and was not before."""
    world = it.world
    with world.acting_as(it.role, guise.settings) as acting:
        seen, admits = world.sees(acting, it.reads), _admits(it, acting, it.writes)
        closed = {oid: condition for oid, condition in it.reads.items() if oid not in seen}
        left = [each for each in it.writes if each not in admits]
        if not (closed or left) or acting.attempt(made).count == 0:
            return []
        seen, admits = world.sees(acting, closed), _admits(it, acting, left)
    found = [
        _Opened(world.relation(oid), "r", rows(world, world.relation(oid), it.role, closed[oid]))
        for oid in sorted(seen)
    ]
    return found + [_Opened(each.relation, each.command, statement(world.found, it.role, each)) for each in admits]


def _admits(it: _Try, acting: Acting, questions: Sequence[Question]) -> list[Question]:
    return admitted(it.world.found, it.role, acting, questions)


def _holes(it: _Try, guise: Guise, made: sql.Composed, opened: list[_Opened]) -> Iterator[Hole]:
    cause = f"policies believe rows of {it.relation} that a session makes for itself"
    first = opened[0]
    names = ", ".join(dict.fromkeys(str(each.relation) for each in opened))
    yield Hole(
        object=str(it.relation),
        role=it.role,
        detail=f"a row that {it.role}, working for one tenant, makes for itself opens rows of another in {names}",
        cause=cause,
        evidence=script(it.role, guise.settings, made, first.shown),
    )
    for each in opened:
        action = _ACTIONS.get(each.command, Action.READ)
        it.world.note(it.role, str(each.relation), action, Reach.LEAKS, "ISO014")
        yield Hole(
            object=str(each.relation),
            role=it.role,
            detail=f"{it.role}, working for one tenant, {_VERBS[each.command]} rows of another once it has made itself"
            f" a row of {it.relation}",
            cause=cause,
            evidence=script(it.role, guise.settings, made, each.shown),
        )
