"""Answers of a function that depend on others: on a row of theirs, or on the same call made by them before."""

from collections.abc import Iterator, Mapping
from itertools import takewhile

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.answering import Told, entering, fetching, kept, told
from ttdb.validate.catalog import Relation
from ttdb.validate.entering import bears
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.functions import Call, answers
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.judging import Probe, again, both_resolve, hole_of, judged
from ttdb.validate.outcomes import Outcome, Statement
from ttdb.validate.reaches import words_of
from ttdb.validate.rows import copies, made_columns
from ttdb.validate.taint import UUID

_BEFORE, _AFTER = "ttdb.before", "ttdb.after"
_MOST, _MOST_WRITING = 8, 4  # answers of one function that are compared after a change
_DEPTH, _LARGE = 4, 100_000  # of children that go with a row; rows of a table whose rows are told apart
_SAID, _RENAMINGS = ("S", "N"), 3  # categories of columns, and values of one
_FIRST = 6  # calls that another tenant makes first
_DIFFER = sql.SQL("select 'changed' where pg_catalog.current_setting({}) <> pg_catalog.current_setting({})").format(
    sql.Literal(_BEFORE), sql.Literal(_AFTER)
)

Stable = Mapping[int, Outcome]  # what is the same when it is done again, by its place


def changes(probe: Probe, asked: list[Call]) -> Hole | None:
    """Add a row to another tenant, or take one away, and call again: the answers must be the same."""
    asked = asked[: _MOST_WRITING if probe.remembers else _MOST]
    tables = {each.oid: each for call in asked for each in _read(probe, call)}
    given = {value for call in asked for value in call.given}
    worlds = (steps for relation in tables.values() for steps in _steps(probe, relation, given))
    if not probe.world.disposable:  # each in a transaction of its own, so that no lock is held for long
        return next((hole for steps in worlds if (hole := _changed_alone(probe, asked, steps)) is not None), None)
    with probe.world.acting_as(probe.role, probe.settings) as acting:
        stable = _stable(probe, acting, asked) if tables else []
        for steps in worlds:
            with acting.trial():
                hole = _changed(probe, acting, asked, stable, steps)
            if hole is not None:
                return hole
    return None


def _changed_alone(probe: Probe, asked: list[Call], steps: list[sql.Composed]) -> Hole | None:
    with probe.world.acting_as(probe.role, probe.settings) as acting:
        return _changed(probe, acting, asked, _stable(probe, acting, asked), steps)


def _steps(probe: Probe, relation: Relation, given: set[str]) -> Iterator[list[sql.Composed]]:
    """Return changes by the overseer, each in statements: a copy of another's row, or the loss of one asked about.

    They are made in the name of that other: what triggers do for the tenant of the session is not done for ours.
    """
    victims = probe.world.ground.victims(relation.oid, probe.actor)
    asked = [each for each in victims if any(str(value) in given for value in each[1].values() if value is not None)]
    context = probe.world.context
    for tenant, row in victims[:1] + [each for each in asked[:1] if each is not victims[0]]:
        for copy in copies(probe.world, relation, row, None):
            yield [entering(context(tenant)), copy.prepare, copy.insert]
    for tenant, row in asked[:2] if probe.world.disposable else []:
        yield [entering(context(tenant)), *_loss(probe, relation, probe.world.identity(relation, [row]))]
    for tenant, row in victims[:1] if probe.world.disposable else []:
        yield from ([entering(context(tenant)), each] for each in _renamings(probe, relation, row, given))


def _renamings(probe: Probe, relation: Relation, row: Row, given: set[str]) -> Iterator[sql.Composed]:
    """Return updates that give a row what was asked about and no row says, where others' say what the tenant's own do.

    Numbers and codes that begin anew with each tenant are such: nothing that is asked is another's alone.
    """
    own = probe.world.ground.holdings[relation.oid].rows.get(probe.actor, ())
    rows = [each for _, each in probe.world.ground.victims(relation.oid, probe.actor)]
    words = words_of(probe.function.body)
    for column in relation.columns:
        if column.category not in _SAID or column.computed or column.name.lower() not in words:
            continue
        ours, theirs = ({str(each.get(column.name)) for each in some} for some in (own, rows))
        kept = {*probe.world.ground.tenants, *ours}
        fresh = [each for each in sorted(given - kept) if column.category == "S" or each.isdigit()]
        if theirs <= ours and column.name != probe.world.found.tenant_columns.get(relation.oid):
            for value in fresh[:_RENAMINGS]:
                yield sql.SQL("update {} as r set {} = {} where {}").format(
                    relation.identifier,
                    sql.Identifier(column.name),
                    sql.Literal(value),
                    probe.world.identity(relation, [row]),
                )


def _loss(probe: Probe, relation: Relation, where: sql.Composed, depth: int = _DEPTH) -> Iterator[sql.Composed]:
    """Return the deletes of rows, themselves last: what refers to them would hold them."""
    for key in probe.world.found.catalog.foreign_keys if depth else ():
        child = probe.world.found.catalog.relations.get(key.child)
        if key.parent not in (relation.oid, relation.root) or child is None or child.oid == relation.oid:
            continue
        referring, referred = (
            sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in names)
            for names in (key.child_columns, key.parent_columns)
        )
        of_those = sql.SQL("({}) in (select {} from {} as r where {})").format(
            referring, referred, relation.identifier, where
        )
        yield from _loss(probe, child, of_those, depth - 1)
    yield sql.SQL("delete from {} as r where {}").format(relation.identifier, where)


def _asked(probe: Probe, acting: Acting, asked: list[Call]) -> list[Told]:
    """Make the calls, and each once more where it may remember the first; undone where they write."""
    if probe.function.opens:
        return [_fetched(acting, call) for call in asked]
    if not (probe.remembers or probe.function.procedure):
        return [[outcome] for outcome in answers(acting, asked)]
    return [told(acting, _repeated(probe, call)) for call in asked]


def _fetched(acting: Acting, call: Call) -> Told:
    """Make a call that opens a cursor; return what is fetched from it."""
    with acting.trial():
        opened = acting.attempt(call.statement)
        fetch = fetching(opened)
        return [opened if fetch is None else acting.attempt(fetch)]


def _repeated(probe: Probe, call: Call) -> list[Statement]:
    written = _own_rows(probe, call)
    return [call.statement, *again(probe, probe.settings, call), *([] if written is None else [written])]


def _own_rows(probe: Probe, call: Call) -> sql.Composed | None:
    """Return the select that tells what the caller's rows hold in the tables that the call may write; None without.

    What a copy of others' rows says is told by these, where the call answers nothing. Keys and what the server makes
    are left out: they are others each time.
    """
    world = probe.world
    parts: list[sql.Composable] = []
    for relation in _read(probe, call):
        tenant, rights = world.found.tenant_columns.get(relation.oid), world.rights.get((probe.role, relation.oid))
        if tenant is None or rights is None or not rights.selects or relation.estimated_rows > _LARGE:
            continue
        names = [each for each in _telling_columns(probe, relation) if rights.may_read(each)]
        form = sql.SQL("pg_catalog.hashtextextended(to_jsonb(r.{})::text, 0)")
        sums = [sql.SQL("sum({})").format(form.format(sql.Identifier(name))) for name in names]
        parts.append(
            sql.SQL("select jsonb_build_array({}) from {} as r where r.{}::text = {}").format(
                sql.SQL(", ").join([sql.SQL("count(*)"), *sums]),
                relation.identifier,
                sql.Identifier(tenant),
                sql.Literal(probe.actor),
            )
        )
    return sql.SQL(" union all ").join(parts) if parts else None


def _telling_columns(probe: Probe, relation: Relation) -> list[str]:
    made = made_columns(probe.world).get(relation.oid, ())
    return [each.name for each in relation.columns if not (each.computed or each.unique or each.name in made)]


def _stable(probe: Probe, acting: Acting, asked: list[Call]) -> list[Stable]:
    """Return the answers, up to one that is another when asked again, and what was written, by their places."""
    before = _asked(probe, acting, asked)
    repeated = _asked(probe, acting, asked) if probe.function.volatile else before
    return [_same(one, other) for one, other in zip(before, repeated, strict=True)]


def _same(one: Told, other: Told) -> Stable:
    alike = [first.done and first.rows == second.rows for first, second in zip(one, other, strict=True)]
    first = len(list(takewhile(bool, alike)))
    return {place: each for place, each in enumerate(one) if place < first or (place == len(one) - 1 and alike[place])}


def _changed(
    probe: Probe, acting: Acting, asked: list[Call], stable: list[Stable], steps: list[sql.Composed]
) -> Hole | None:
    done = [acting.oversee(each) for each in steps][-1].count > 0
    acting.oversee(entering(probe.settings))
    after = _asked(probe, acting, asked) if done else []
    for call, ones, others in zip(asked, stable, after, strict=False):
        for place, one in ones.items():
            other = others[place]
            if one.rows == other.rows or not all(each.done for each in others[: place + 1]):
                continue
            if not both_resolve(probe.world, one, other) and not _by_random_key(probe, call, one, other):
                evidence = _shows_change(probe, _repeated(probe, call)[: place + 1], steps)
                what = "is answered" if place <= len(again(probe, probe.settings, call)) else "writes for it"
                return hole_of(probe, f"working for one tenant, {what} otherwise with a row of another", evidence)
    return None


def _by_random_key(probe: Probe, call: Call, one: Outcome, other: Outcome) -> bool:
    """Tell whether no more is told than that a random key exists, a declared channel: who has it was given it."""
    told = [value for outcome in (one, other) for row in outcome.rows for value in row]
    if not all(isinstance(value, bool) or value is None for value in told):
        return False
    taint = probe.world.taint(probe.actor)
    keys = [value.lower() for value in call.given if taint.sources(value)]
    return bool(keys) and all(UUID.fullmatch(key) for key in keys)


def after_another(probe: Probe, asked: list[Call]) -> Hole | None:
    """Let another tenant make the very same call first: what it left behind must not speak."""
    if "set_config" in probe.function.body.lower():
        return None  # the context it leaves is another attack's business
    world = probe.world
    other = next(tenant for tenant in world.ground.tenants if tenant != probe.actor)
    theirs, own = entering(world.context(other)), entering(probe.settings)
    with world.acting_as(probe.role, probe.settings) as acting:
        for call in [each for each in asked if not bears(world, each, other)][:_FIRST]:
            first: list[Statement] = [theirs, call.statement, own]
            after = told(acting, [*first, call.statement])
            if not after[1].done:
                continue
            hole = judged(probe, probe.settings, [*first, call.statement], call, after[-1])
            if hole is not None:
                return hole
            alone, once_more = (told(acting, [call.statement])[-1] for _ in range(2))
            if not alone.done or not after[-1].done or alone.rows != once_more.rows or alone.rows == after[-1].rows:
                continue
            both = kept(_BEFORE, [call.statement]), kept(_AFTER, [*first, call.statement])
            evidence = script(probe.role, probe.settings, *both, _DIFFER)
            what = "working for one tenant, is answered otherwise after the same call by another"
            return hole_of(probe, what, evidence)
    return None


def _read(probe: Probe, call: Call) -> list[Relation]:
    """Return the tenants' tables that a function's body names, or that it is given the name of."""
    words = " ".join((probe.function.body, *(call.given if probe.function.dynamic else ()))).lower()
    relations = (probe.world.relation(oid) for oid in probe.world.ground.holdings)
    return [each for each in relations if each.root is None and each.name.lower() in words]


def _shows_change(probe: Probe, asked: list[Statement], steps: list[sql.Composed]) -> str:
    become = text(sql.SQL("set local session authorization {}").format(sql.Identifier(probe.role)))
    lines = [f"{text(each)};" for each in (*steps, entering(probe.settings))]
    before, after = (kept(each, asked, opens=probe.function.opens) for each in (_BEFORE, _AFTER))
    return script(probe.role, probe.settings, before, AS_OVERSEER, *lines, f"{become};", after, _DIFFER)
