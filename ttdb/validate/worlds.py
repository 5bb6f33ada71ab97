"""Two worlds that differ only in others' rows: ask a tenant's questions in one, change the rows, ask again."""

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter

from psycopg import sql

from ttdb.model.validation import Action
from ttdb.validate.acting import Acting
from ttdb.validate.answering import entering
from ttdb.validate.catalog import Relation
from ttdb.validate.outcomes import Outcome, Statement
from ttdb.validate.rights import Rights
from ttdb.validate.world import World
from ttdb.validate.world_changes import Change, added, called, changed, deleted, learn, refreshes, taken

_AT_ONCE = 20
_BEFORE, _AFTER = "ttdb.before", "ttdb.after"
_DONE = "outcome"

Answer = Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """One question of a role: a statement that returns one JSON object, or one write, tried and undone."""

    role: str
    object: str
    action: Action
    what: str
    statement: sql.Composed
    names_others: bool = False  # it holds a value that only others have


Answers = dict[Probe, tuple[Answer, Outcome]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A question whose answer others' rows decide, and the statements that show it."""

    probe: Probe
    part: str  # of the answer
    change: Change
    before: Outcome
    after: Outcome
    shown: tuple[Statement | str, ...]


def reading(relation: Relation, rights: Rights) -> sql.Composed:
    """Return the question what a relation holds: its rows' number, and a digest of each column."""
    columns = [each.name for each in relation.columns if rights.may_read(each.name)]
    digests = [
        sql.SQL("sum(pg_catalog.hashtextextended(to_jsonb(r.{})::text, 0)) as {}").format(
            sql.Identifier(name), sql.Identifier(name)
        )
        for name in columns
    ]
    parts = sql.SQL(", ").join([sql.SQL("count(*) as {}").format(sql.Identifier("*")), *digests])
    return sql.SQL("select to_jsonb(x.*) from (select {} from {} as r) as x").format(parts, relation.identifier)


def calling(call: sql.Composed, *, ordered: bool) -> sql.Composed:
    """Return the question what a call returns; rows that nobody put in an order come in any."""
    order = sql.SQL("" if ordered else " order by x")
    return sql.SQL("select jsonb_build_object('rows', jsonb_agg(x{})) from ({}) as x").format(order, call)


class OtherWorlds:
    """The worlds that differ from this one in others' rows only, made of the changes that the database takes."""

    def __init__(self, world: World, actor: str) -> None:
        self._world = world
        self.refresh = refreshes(world)
        # It is another who changes them: what triggers do for the tenant of the session is not done for ours.
        other = next(each for each in world.ground.tenants if each != actor)
        self._as_other, self._as_actor = entering(world.context(other)), entering(world.context(actor))
        self._makers = tuple((make, partial(make, world, actor)) for make in (deleted, changed, added, called))
        self._changed: set[int] = set()
        self._refused: dict[int, str] = {}

    @property
    def unchanged(self) -> dict[int, str]:
        """Return the tables of which no world was made that has other rows of others, with why."""
        return {oid: why for oid, why in self._refused.items() if oid not in self._changed}

    def each(self, acting: Acting, ask: Callable[[], Answers]) -> Iterator[tuple[tuple[Change, ...], Answers]]:
        """Go into one world after another; return the changes that its tables take, and what was answered there."""
        for kind, make in self._makers:
            with acting.trial():
                acting.oversee(self._as_other)
                found = taken(acting, make())
                changes = found.changes
                learn(self._world, changes)
                if kind is not called:  # a function may refuse what it likes, and do what it likes
                    self._changed |= {each.relation.oid for each in changes}
                    self._refused |= found.refused
                if changes:
                    acting.oversee_all([self._as_actor, *self.refresh])
                    answers = ask()
            if changes:
                yield changes, answers

    def enter(self, acting: Acting, changes: Sequence[Change]) -> None:
        """Make the changes, and bring up to date what is read at times only."""
        acting.oversee_all(self.made(changes))

    def made(self, changes: Sequence[Change]) -> list[sql.Composed]:
        """Return the statements of the changes, by the overseer in the name of another tenant."""
        statements = [each for change in changes for each in change.statements]
        return [*([self._as_other, *statements, self._as_actor] if statements else []), *self.refresh]


def differences(
    world: World,
    others: OtherWorlds,
    settings: Mapping[str, str],
    probes: Sequence[Probe],
    declared: Callable[[Probe, Outcome, Outcome], bool],
) -> Iterator[Difference]:
    """Ask everything, and again in each of the other worlds; what varies by itself tells nothing.

    All roles ask in the same worlds, which take longer to make than the questions take.

    Args:
        world: the tenants and roles.
        others: the worlds to compare with.
        settings: what an honest session of the tenant sets.
        probes: the questions, one role's after another's.
        declared: tells of an outcome here and one in another world whether somebody else speaks of it, or nobody.

    """
    if not probes:
        return
    with world.acting_as(probes[0].role, settings) as acting:
        others.enter(acting, ())
        first = _ask(acting, probes)
        refused = frozenset(each for each in probes if not first[each][1].done)
        stable = {each: frozenset(first[each][0]) for each in probes}
        proven: set[Probe] = set()
        for changes, after in others.each(
            acting, lambda: _ask(acting, [each for each in probes if stable[each]], alone=refused)
        ):
            world.probes += len(after)
            suspects = [
                each
                for each in after
                if stable[each] - _same(first[each][0], after[each][0])
                and not declared(each, first[each][1], after[each][1])
            ]
            # What varies by itself is found by asking again here: of the few that differ, not of all.
            again = _ask(acting, [each for each in suspects if each not in proven])
            for probe, (answer, _) in again.items():
                proven.add(probe)
                stable[probe] = _same(first[probe][0], answer)
            differing = {each: stable[each] - _same(first[each][0], after[each][0]) for each in suspects}
            differing = {probe: parts for probe, parts in differing.items() if parts}
            for found in _attributed(acting, others, differing, changes):
                stable[found.probe] = frozenset()
                yield found


def _same(one: Answer, other: Answer) -> frozenset[str]:
    return frozenset(part for part, value in one.items() if other.get(part) == value)


def _attributed(
    acting: Acting, others: OtherWorlds, differing: Mapping[Probe, frozenset[str]], changes: Sequence[Change]
) -> Iterator[Difference]:
    """Find the first change that alone decides each answer, in what is asked about first; else all together do."""
    left = list(differing)
    before = _ask(acting, left)
    asked_about = {each.object for each in left}
    likeliest_first = sorted(changes, key=lambda each: str(each.relation) not in asked_about)
    for several in [*([each] for each in likeliest_first), changes]:
        if not left:
            return
        with acting.trial():
            others.enter(acting, several)
            after = _ask(acting, left)
        for probe in list(left):
            parts = sorted(differing[probe] - _same(before[probe][0], after[probe][0]))
            for part in parts[:1]:
                left.remove(probe)
                shown = _shown(probe, part, others.made(several), others.refresh)
                yield Difference(probe, part, several[-1], before[probe][1], after[probe][1], shown)


def _ask(acting: Acting, probes: Sequence[Probe], *, alone: Container[Probe] = ()) -> Answers:
    """Ask the questions of one role after another's; those to ask ``alone`` would make what is asked with them fail."""
    answers: Answers = {}
    for role, own in groupby(probes, key=attrgetter("role")):
        acting.become(role)
        answers |= _ask_as_one(acting, list(own), alone)
    return answers


def _ask_as_one(acting: Acting, probes: Sequence[Probe], alone: Container[Probe]) -> Answers:
    """Ask the questions that write nothing many at once, and try the writes one by one."""
    answers: Answers = {}
    for action in (Action.READ, Action.EXECUTE):
        alike = [each for each in probes if each.action is action and each not in alone]
        for start in range(0, len(alike), _AT_ONCE):
            answers |= _ask_at_once(acting, alike[start : start + _AT_ONCE])
    return answers | {each: _ask_one(acting, each) for each in probes if each not in answers}


def _ask_at_once(acting: Acting, probes: Sequence[Probe]) -> Answers:
    if len(probes) == 1:
        return {probes[0]: _ask_one(acting, probes[0])}
    outcome = acting.tried(
        sql.SQL("select {}").format(sql.SQL(", ").join(sql.SQL("({})").format(each.statement) for each in probes))
    )
    if outcome.done:
        alone = [Outcome(rows=((value,),), count=1) for value in outcome.rows[0]]
        return {probe: (_answer(each), each) for probe, each in zip(probes, alone, strict=True)}
    half = len(probes) // 2
    return _ask_at_once(acting, probes[:half]) | _ask_at_once(acting, probes[half:])


def _ask_one(acting: Acting, probe: Probe) -> tuple[Answer, Outcome]:
    outcome = acting.tried(probe.statement)
    return _answer(outcome), outcome


def _answer(outcome: Outcome) -> Answer:
    if not outcome.done:
        return {_DONE: f"{outcome.sqlstate} {outcome.told}"}
    answer = {_DONE: "done" if outcome.count else "nothing"}
    first = outcome.rows[0][0] if outcome.rows else None
    if isinstance(first, dict):
        answer |= {name: json.dumps(value, sort_keys=True) for name, value in first.items()}
    return answer


def _shown(
    probe: Probe, part: str, made: Sequence[sql.Composed], refresh: Sequence[sql.Composed]
) -> tuple[Statement | str, ...]:
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(probe.role))
    told = sql.SQL("select 'told' where pg_catalog.current_setting({}) <> pg_catalog.current_setting({})").format(
        sql.Literal(_BEFORE), sql.Literal(_AFTER)
    )
    back = sql.SQL("set local session authorization default")
    return (
        *refresh, become, _keep(probe, part, _BEFORE), back, *made, become, _keep(probe, part, _AFTER), told
    )  # fmt: skip


def _keep(probe: Probe, part: str, setting: str) -> sql.Composed:
    """Return a block that tries the statement, undoes it, and keeps what it told in a setting."""
    answer: sql.Composable = sql.SQL("case when v_rows > 0 then 'done' else 'nothing' end")
    if part != _DONE:
        answer = sql.SQL("coalesce(v_answer ->> {}, 'null')").format(sql.Literal(part))
    into = sql.SQL(" into v_answer" if part != _DONE or probe.action is Action.READ else "")
    return sql.SQL(
        "do $ttdb$ declare v_answer jsonb; v_rows bigint; v_told text; v_detail text; begin"
        " begin execute {}{}; get diagnostics v_rows = row_count;"
        " raise exception using message = {};"
        " exception when others then get stacked diagnostics v_told = message_text, v_detail = pg_exception_detail;"
        " end; perform pg_catalog.set_config({}, v_told || v_detail, true); end $ttdb$"
    ).format(sql.Literal(probe.statement.as_string(None)), into, answer, sql.Literal(setting))
