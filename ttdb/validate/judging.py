"""One function under attack: who calls it for whom, and what an answer of its shows of other tenants."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from ttdb.validate.answering import entering
from ttdb.validate.evidence import script, text
from ttdb.validate.functions import Call, Function
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import Outcome, Statement
from ttdb.validate.told import Shown, foreign
from ttdb.validate.world import World

_TOLD = "ttdb.told"
HEARD = {"client_min_messages": "notice"}  # what a function says counts as what it returns
_WRITTEN = ("insert", "update", "delete", "merge", "execute", "perform")


@dataclass(frozen=True, slots=True)
class Probe:
    """One function, called by one role for one tenant."""

    world: World
    function: Function
    role: str
    actor: str
    believed: Mapping[str, str] | None = None  # what it sets, where that is more than honest

    @property
    def settings(self) -> dict[str, str]:
        """Return what a session of the tenant sets, honestly as a rule, and that it hears notices."""
        return dict(self.believed) if self.believed is not None else self.world.context(self.actor) | HEARD

    @property
    def may_write(self) -> bool:
        """Tell whether it may do what it does: all is rolled back."""
        return self.world.disposable and (self.function.volatile or self.function.procedure)

    @property
    def remembers(self) -> bool:
        """Tell whether what a call wrote may speak in the next one."""
        return self.may_write and any(word in self.function.body.lower() for word in _WRITTEN)


def again(probe: Probe, settings: Mapping[str, str], call: Call) -> list[Statement]:
    """Return what repeats a call in the same transaction, as the same tenant: the first may have set another."""
    own = [] if probe.world.found.registry.signed or not settings else [entering(settings)]
    return [*own, call.statement]


def judged(
    probe: Probe, settings: dict[str, str], statements: list[Statement], call: Call, answer: Outcome
) -> Hole | None:
    """Return the hole that an answer shows, where something in it belongs to another tenant.

    Args:
        probe: the function.
        settings: of the session.
        statements: what was run, the call or a fetch from what it opened last.
        call: the call, which says what was given.
        answer: what came of the last statement.

    """
    if declared(probe) and resolves(probe.world, answer):
        return None
    shown = foreign(probe.world, call, probe.actor, answer)
    if shown is None:
        return None
    *earlier, last = statements
    if not answer.done:
        return _told_by_message(probe, settings, statements, shown)
    if shown.text in answer.told:
        evidence = script(probe.role, settings, *statements)
        return hole_of(probe, "working for one tenant, is told by a notice what belongs to another", evidence)
    if last is not call.statement or probe.function.procedure:
        evidence = script(probe.role, settings, *statements)
    else:
        evidence = script(probe.role, settings, *earlier, _where(last, shown))
    return hole_of(probe, "working for one tenant, is given what belongs to another", evidence)


def _where(call: Statement, shown: Shown) -> sql.Composed:
    """Return a select that has rows where a call answers with the value."""
    form = sql.SQL("select 'of another tenant' from ({}) as x where {} limit 3")
    return form.format(call, shown.within(sql.SQL("x.to_jsonb")))


def _told_by_message(probe: Probe, settings: dict[str, str], statements: list[Statement], shown: Shown) -> Hole:
    *earlier, last = statements
    called = text(last)
    called = f"perform {called.removeprefix('select ')}" if called.startswith("select ") else called
    catch = (  # in dollars, since the call has quotes of its own
        f"do $call$ begin {called}; exception when others then"
        f" perform pg_catalog.set_config('{_TOLD}', sqlerrm, true); end $call$;"
    )
    show = sql.SQL("select 'of another tenant' where strpos(lower(current_setting({}, true)), lower({})) > 0")
    shows = show.format(sql.Literal(_TOLD), sql.Literal(shown.text))
    evidence = script(probe.role, settings, *earlier, catch, shows)
    return hole_of(probe, "working for one tenant, is told by a message what belongs to another", evidence)


def declared(probe: Probe) -> bool:
    """Tell whether the function is a declared resolver: it writes the trail, and its reach is FNC007's business."""
    return probe.function.oid in probe.world.found.registry.resolvers


def resolves(world: World, outcome: Outcome) -> bool:
    """Tell whether nothing but tenants came back: that is what a resolver is for."""
    return all(value is None or str(value) in world.ground.tenants for row in outcome.rows for value in row)


def both_resolve(world: World, one: Outcome, other: Outcome) -> bool:
    """Tell whether two answers are both a resolver's: the same tenants, or some that came or went.

    A number may be a tenant by chance, as a count is; then another one stands in its place.
    """
    if not (resolves(world, one) and resolves(world, other)):
        return False
    ones, others = ({str(value) for row in each.rows for value in row if value is not None} for each in (one, other))
    return ones <= others or others <= ones


def hole_of(probe: Probe, what: str, evidence: str) -> Hole:
    """Return the finding about a function: what its caller does or is told, with the SQL that shows it."""
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
