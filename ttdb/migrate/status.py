"""Where a database stands: revision, what is pending, what is missing or in the way, and what to type next."""

from ttdb.migrate import contract, contracted, offenders, preflight, script
from ttdb.migrate.back import gaps_known
from ttdb.migrate.courtesy import lock_holders
from ttdb.migrate.foreign import is_of_others
from ttdb.migrate.privileges import may_bootstrap, missing
from ttdb.migrate.session import reading
from ttdb.model.migration import Event, OnEvent, PlannedStep, Status, TableStage, Weakened
from ttdb.postgres.connect import Connection, scalar, target
from ttdb.postgres.url import Url
from ttdb.postgres.writable import refuse_read_only

_ENGINE = "engine@head"


def status(url: Url, on_event: OnEvent) -> Status:
    """Look at a database without changing it.

    Raises:
        DatabaseAhead: it records a revision that this ttdb does not know.

    """
    scripts = script.directory()
    with reading(url, on_event, application="ttdb status") as connection:
        heads = script.applied(connection, scripts)
        wanted = _ENGINE if is_of_others(connection, scripts) else "heads"
        found = preflight.planned(connection, [*script.up_path(scripts, (), wanted)])
        lacks = tuple(missing(connection))
        obstacles = preflight.conflicts(found)
        to_run = [item for item in found if item.due]
        aside = _set_aside(connection)
        weakened = _weakened(connection)
        found_stages = contract.stages_of(connection, looking=False) if heads else []
        return Status(
            target=str(target(connection)),
            heads=heads,
            newest=tuple(item.revision for item in scripts.get_revisions(wanted) if item),
            pending=_by_revision(to_run),
            conflicts=obstacles,
            missing=lacks,
            lock_holders=tuple(lock_holders(connection)),
            next_command=_next(
                conflicts=bool(obstacles),
                blocked=bool(lacks) and not may_bootstrap(connection),
                upgrade=("ttdb upgrade" if wanted == "heads" else f"ttdb upgrade {wanted}") if to_run else None,
                aside=bool(aside),
                halfway=_halfway(found_stages),
                weakened=bool(weakened),
                proves=_may_act_as_app(connection),
            ),
            waiting=tuple(item for item in found if item.state == "waits"),
            stages=tuple(found_stages),
            set_aside=aside,
            weakened=weakened,
        )


def plan(url: Url, revision: str, on_event: OnEvent) -> list[PlannedStep]:
    """Return every step that an upgrade to ``revision`` would run, and what it would find; changes nothing."""
    scripts = script.directory()
    script.check_known(scripts, revision)
    with reading(url, on_event, application="ttdb plan") as connection:
        refuse_read_only(connection)
        heads = script.applied(connection, scripts)
        # An upgrade brings back first what a stopped downgrade undid of those that stand.
        standing = script.down_path(scripts, heads, "base")[::-1]
        path = [*gaps_known(connection, standing), *script.up_path(scripts, heads, revision)]
        if hidden := offenders.unseen(connection, [step for item in path for step in script.steps(item)]):
            on_event(Event("unseen", {"tables": hidden}))
        return preflight.costed(connection, path)


def plan_down(url: Url, revision: str, on_event: OnEvent) -> list[PlannedStep]:
    """Return every step that a downgrade to ``revision`` would undo, in its order; changes nothing."""
    scripts = script.directory()
    script.check_known(scripts, revision)
    with reading(url, on_event, application="ttdb plan") as connection:
        refuse_read_only(connection)
        heads = script.applied(connection, scripts)
        path = script.down_path(scripts, heads, revision)
        ways = contracted.way_back_before(connection, path, script.down_path(scripts, heads, "base"))
        before = [item for name, steps in ways for item in preflight.undone_of(connection, name, steps)]
        return [*before, *preflight.undone(connection, path)]


def _by_revision(pending: list[PlannedStep]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for item in pending:
        counts[item.revision] = counts.get(item.revision, 0) + 1
    return tuple(counts.items())


def _set_aside(connection: Connection) -> int:
    """Count what a bulk load has set aside, which runs or was killed; 0 where this login may not look."""
    readable = scalar(
        connection,
        "select pg_catalog.has_table_privilege(t.oid, 'select')"
        " from (values (pg_catalog.to_regclass('ttdb.set_aside'))) as t (oid) where t.oid is not null",
    )
    return int(scalar(connection, "select pg_catalog.count(*) from ttdb.set_aside")) if readable else 0


def _weakened(connection: Connection) -> tuple[Weakened, ...]:
    """Return the registrations that protect less than their revision left them; none where this login may not look."""
    readable = scalar(
        connection,
        "select pg_catalog.has_function_privilege(f.oid, 'execute')"
        " from (values (pg_catalog.to_regprocedure('ttdb.weakened_registrations()'))) as f (oid)"
        " where f.oid is not null",
    )
    if not readable:
        return ()
    rows = connection.execute("select detail, mend from ttdb.weakened_registrations()")
    return tuple(Weakened(*row) for row in rows)


def _may_act_as_app(connection: Connection) -> bool:
    """Tell whether this login can become the application's role, without which validate proves nothing."""
    return (
        scalar(
            connection,
            "select coalesce((select pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')"
            " from pg_catalog.pg_roles as r where r.rolname = 'ttdb_app'), false)",
        )
        is True
    )


def _halfway(stages: list[TableStage]) -> str | None:
    """Return the command that ends a contraction, or a way back, that was cut off."""
    back = [each.table for each in stages if each.stage == "going back"]
    begun = back or [each.table for each in stages if each.stage == "contracting"]
    return f"ttdb contract {' '.join(begun)}{' --undo' if back else ''}" if begun else None


def _next(  # noqa: PLR0913 - each is a fact of the database
    *,
    conflicts: bool,
    blocked: bool,
    upgrade: str | None,
    aside: bool,
    halfway: str | None,
    weakened: bool,
    proves: bool,
) -> str:
    helpless = "" if proves else ", with a superuser's URL: this login cannot act as ttdb_app"
    ways = (
        (aside, "ttdb seed --repair --url URL"),
        (conflicts, "mend the conflicts above, then ttdb status"),
        (blocked, "ttdb bootstrap, run by an admin"),
        (halfway is not None, halfway or ""),
        (weakened, "restore what is weakened by the SQL above, then ttdb status"),
        (upgrade is not None, upgrade or ""),
    )
    return next((command for due, command in ways if due), f"ttdb validate --url URL{helpless}")
