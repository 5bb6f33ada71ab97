"""Start a throwaway server, upgrade and seed it or run a team's own setup in it, attack it."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from time import monotonic

from psycopg import sql

from ttdb.config import Settings
from ttdb.model.validation import Timing, ValidationReport
from ttdb.postgres.connect import connect
from ttdb.postgres.throwaway import in_memory, throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate
from ttdb.validate.library import library
from ttdb.workflows.setup_command import run_setup

DATABASE, TWIN = "ttdb", "ttdb_twin"


def validate_throwaway(
    settings: Settings, request: Request, *, setup: str | None = None, say: Callable[[str], None]
) -> ValidationReport:
    """Attack a database of our own at the newest revision, with the minimal scenario's rows in it.

    Args:
        settings: which server, and what is known of the database.
        request: what to look at.
        setup: a shell command that makes the database instead; what rows it makes are the ones attacked.
        say: is told what is being done.

    Raises:
        ThrowawayFailed: no server could be started.
        SetupFailed: the setup command failed.

    """
    start = monotonic()
    timings: list[Timing] = []

    def timed(part: str) -> None:
        timings.append(Timing(part, monotonic() - start - sum(each.seconds for each in timings)))

    upgrade_loaded = Event()
    loading = Thread(target=_load, args=(upgrade_loaded,), daemon=True)
    loading.start()
    # How much a team's own setup makes nobody knows.
    with throwaway(in_memory(settings) if setup is None else settings, on_talk=say) as server:
        upgrade_loaded.wait()
        say(f"validating a throwaway: {server.provider}, {server.reason}")
        url = server.url.with_parts(dbname=DATABASE)
        _create(server.url, DATABASE)
        twin = None
        timed("start")
        if setup is not None:
            run_setup(setup, url, say=say)
            request = replace(request, hints=replace(request.hints, strangers=(str(url.part("user")),)))
            timed("setup")
        else:
            from ttdb.migrate.upgrade import upgrade  # noqa: PLC0415 - see _load
            from ttdb.seed import seed  # noqa: PLC0415 - loaded while the server starts

            upgrade(url, settings)
            timed("upgrade")
            loading.join()
            with connect(url, application="ttdb seed") as connection:
                seed(connection)
            timed("seed")
            # Of our own database only: a team's may have settings and grants of its own, which a copy is without.
            twin = server.url.with_parts(dbname=TWIN)
            _create(server.url, TWIN, template=DATABASE)
            timed("copy")
        report = validate(url, request, kind="throwaway", twin=twin, say=say)
    duration = monotonic() - start
    stop = duration - report.duration_s - sum(each.seconds for each in timings)
    return replace(report, timings=(*timings, *report.timings, Timing("stop", stop)), duration_s=duration)


def _load(upgrade_loaded: Event) -> None:
    """Load Alembic while the server starts, and the seed and all checks while it works at the upgrade."""
    try:
        import ttdb.migrate.upgrade  # noqa: PLC0415 - loaded while the server starts
        from ttdb.migrate import script  # noqa: PLC0415 - loaded while the server starts

        script.read_all()
    finally:
        upgrade_loaded.set()
    import ttdb.seed  # noqa: F401, PLC0415 - loaded while the server starts

    library()


def _create(admin: Url, name: str, template: str = "template1") -> None:
    form = sql.SQL("create database {} template {}")
    with connect(admin, application="ttdb validate") as connection:
        connection.execute(form.format(sql.Identifier(name), sql.Identifier(template)))
