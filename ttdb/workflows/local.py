"""A persistent local server: made, upgraded and seeded at its first start, brought to head at every later one."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from ttdb.config import Settings
from ttdb.errors import LocalServerFailed, UsageError
from ttdb.model.local import LocalServer, LocalSnapshot, LocalStart
from ttdb.model.migration import OnEvent
from ttdb.model.seeding import SeedReport, anywhere
from ttdb.postgres.connect import connect, scalar
from ttdb.postgres.persistent import build, control
from ttdb.postgres.persistent import snapshots as copies
from ttdb.postgres.persistent.place import HOST, Server, existing, known, locked, server
from ttdb.postgres.throwaway.base import Unavailable
from ttdb.postgres.throwaway.embedded import bin_folder
from ttdb.postgres.url import Url
from ttdb.sqlfile import shipped
from ttdb.workflows.setup_command import plain_uri

DEFAULT = "default"
_APPLICATION = "ttdb local"
_SERVICE = "ttdb_app"  # whom policies are about
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a first start makes; a later one may only choose another port."""

    scenario: str | None = None
    orders: int | None = None
    port: int | None = None
    provider: str | None = None


def start(settings: Settings, name: str, wanted: Wanted, *, say: Say, on_event: OnEvent) -> LocalStart:
    """Start a server, and make, upgrade and seed it before where there is none of this name.

    Raises:
        LocalServerFailed: it cannot be made or does not start.
        UsageError: another scenario, number of orders or provider was asked of a server that stands.

    """
    with locked(settings, name, say) as found:
        new = not found.exists
        if new:
            _make(settings, found, wanted, say, on_event)
        else:
            _refuse_other(found, wanted)
        if control.process(found) is None:
            control.start(settings, found, wanted.port)
        if found.head() != head(settings):
            _bring_to_head(found.url(), settings, on_event)
            found.write_head(head(settings))
        record = found.record()
        place = f"{HOST}:{record.port}"
        return LocalStart(name, record.version, place, found.shown_url(), found.seeded(), new)


def _make(settings: Settings, found: Server, wanted: Wanted, say: Say, on_event: OnEvent) -> None:
    def fill(url: Url) -> dict[str, object]:
        loading.join()
        from ttdb.workflows import local_content  # noqa: PLC0415 - takes longer to load than a server to start again

        _bring_to_head(url, settings, on_event)
        return local_content.fill(url, wanted.scenario, wanted.orders, say)

    if wanted.scenario is not None or wanted.orders is not None:
        from ttdb.workflows import local_content  # noqa: PLC0415 - as above

        local_content.refuse(wanted.scenario, wanted.orders)
    if wanted.port is not None:
        control.refuse_taken(wanted.port)
    if wanted.scenario is None and (shipped("seeds") / f"{found.name}.toml").is_file():
        say(f'note: "{found.name}" is the name of the server: --scenario {found.name} would seed it with that')
    mark = head(settings)
    loading = Thread(target=_load, daemon=True)
    loading.start()
    provider = wanted.provider or (settings.throwaway if settings.throwaway in control.FINDERS else "auto")
    build.build(settings, found, provider=provider, fill=fill, say=say)
    found.write_head(mark)


def _load() -> None:
    """Load what fills a database, while its server is made."""
    from ttdb.workflows import local_content  # noqa: PLC0415 - as above

    local_content.load()


def _bring_to_head(url: Url, settings: Settings, on_event: OnEvent) -> None:
    from ttdb.workflows import local_content  # noqa: PLC0415 - as above

    local_content.bring_to_head(url, settings, on_event)


def head(settings: Settings) -> str:
    """Return what changes when a database once at head may be so no more: the migrations, or the month.

    Asking the database would take longer than starting it.
    """
    digest = hashlib.sha256(f"{datetime.now(UTC):%Y-%m} {settings.months_ahead}".encode())
    for folder in (shipped("migrations"), shipped("sql")):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".sql"):
                digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def _refuse_other(found: Server, wanted: Wanted) -> None:
    """Refuse what a standing server cannot become, instead of starting something that was not asked for."""
    record, seeded = found.record(), found.seeded()
    scenario = None if wanted.scenario is None else anywhere(wanted.scenario)
    asked = [
        ("--scenario", None if scenario in _scenarios(seeded) else scenario, seeded.get("scenario")),
        ("--throwaway", None if wanted.provider == "auto" else wanted.provider, record.provider),
    ]
    differs = next(((flag, told, has) for flag, told, has in asked if told is not None and told != has), None)
    anew = f"ttdb local remove {found.name}, then start it anew; or choose another name"
    if differs:
        flag, told, has = differs
        raise UsageError(f'server "{found.name}" stands already, with {flag} {has}, not {told}', f"Run {anew}.")
    if wanted.orders is not None and wanted.orders != _count(seeded, "orders"):
        hint = f"Grow it: ttdb seed --append --orders {wanted.orders}; or {anew}."
        message = f'server "{found.name}" stands already, with {_count(seeded, "orders")} orders'
        raise UsageError(message, hint)
    if wanted.port is not None and wanted.port != record.port and control.process(found) is not None:
        hint = f"ttdb local stop {found.name}, then start it with --port {wanted.port}."
        raise UsageError(f'server "{found.name}" runs on port {record.port}', hint)


def _scenarios(seeded: dict[str, object]) -> list[str]:
    """Return the scenarios whose rows stand, the last first."""
    last, beside = seeded.get("scenario"), seeded.get("beside")
    return [str(each) for each in (last, *(beside if isinstance(beside, list) else ())) if each is not None]


def _count(seeded: dict[str, object], table: str) -> int:
    rows = seeded.get("rows")
    return int(rows.get(table, 0)) if isinstance(rows, dict) else 0


def stop(settings: Settings, name: str, say: Say) -> bool:
    """Stop a server, ending its sessions, and return whether it ran."""
    existing(settings, name)
    with locked(settings, name, say):
        return control.stop(settings, existing(settings, name))


def remove(settings: Settings, name: str, say: Say) -> None:
    """Stop a server and delete its data and snapshots."""
    existing(settings, name)
    with locked(settings, name, say):
        build.remove(settings, existing(settings, name))


def listed(settings: Settings) -> list[LocalServer]:
    """Return the servers there are, by name."""
    return [_listed(each) for each in known(settings)]


def _listed(each: Server) -> LocalServer:
    record, scenarios = each.record(), _scenarios(each.seeded())
    names = tuple(snapshot.name for snapshot in copies.listed(each))
    runs = control.process(each) is not None
    return LocalServer(
        each.name,
        runs,
        record.version,
        record.port,
        next(iter(scenarios), None),
        copies.size(each.folder),
        names,
        tuple(scenarios[1:]),
    )


def snapshot(settings: Settings, name: str, action: str, title: str, say: Say) -> bool:
    """Create, restore or delete a snapshot, and return whether the server runs.

    Raises:
        UsageError: there is no such server or snapshot, or one of this name already.

    """
    existing(settings, name)
    with locked(settings, name, say):
        found = existing(settings, name)
        if action == "create":
            return copies.create(settings, found, title)
        if action == "restore":
            return copies.restore(settings, found, title)
        copies.delete(found, title)
        return control.process(found) is not None


def snapshots(settings: Settings, name: str) -> list[LocalSnapshot]:
    """Return a server's snapshots, the oldest first."""
    return copies.listed(existing(settings, name))


def running(settings: Settings, name: str) -> Server:
    """Return a server that runs.

    Raises:
        UsageError: there is none of this name, or it does not run.

    """
    found = existing(settings, name)
    if control.process(found) is None:
        own = "" if name == DEFAULT else f" {name}"
        raise UsageError(f'local server "{name}" does not run', f"Start it: ttdb local start{own}")
    return found


def remember(settings: Settings, name: str, report: SeedReport) -> str:
    """Keep what a later seed reported, for starts to show its examples, and return the URL without its password."""
    found = existing(settings, name)
    before, told = found.seeded(), report.kept()
    if not report.removed:
        if (before.get("scenario"), before.get("seed")) == (told["scenario"], report.seed):
            told["rows"] = {table: rows + _count(before, table) for table, rows in report.rows.items()}
        told["beside"] = [each for each in _scenarios(before) if each != told["scenario"]]
    found.write_seeded(told)
    return found.shown_url()


def seeded(settings: Settings) -> tuple[str, int] | None:
    """Return the scenario and the seed of the default server; None where it was not seeded by one."""
    found = server(settings, DEFAULT).seeded()
    scenario, number = found.get("scenario"), found.get("seed")
    return (scenario, number) if isinstance(scenario, str) and isinstance(number, int) else None


def has_default(settings: Settings) -> bool:
    """Tell whether there is a server of the default name."""
    return server(settings, DEFAULT).exists


def url(settings: Settings, name: str = DEFAULT) -> Url:
    """Return a running server's URL, with the password."""
    return running(settings, name).url()


def uri(settings: Settings, name: str) -> str:
    """Return it as drivers of any language take it."""
    return plain_uri(url(settings, name))


@dataclass(frozen=True, slots=True)
class Shell:
    """psql as a session that has its role and tenant from the beginning."""

    program: Path
    arguments: tuple[str, ...]
    environment: dict[str, str]
    advice: str  # what the session sees, as ttdb.context() says


def shell(settings: Settings, name: str, *, tenant: str | None, role: str | None) -> Shell:
    """Return the psql to run.

    Raises:
        UsageError: no such server or role.
        LocalServerFailed: there is no psql.

    """
    found = running(settings, name)
    program = _psql(found)
    options = _session_options(found.url(), tenant, role)
    given = " ".join(f"-c {key}={_escaped(value)}" for key, value in options.items())
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    advice = ""
    if given:
        environment["PGOPTIONS"] = given
        with connect(found.url().with_parts(options=given), application=_APPLICATION) as connection:
            row = connection.execute("select state, tenant_visible, advice from ttdb.context()").fetchone()
        state, visible, advice = row or ("", None, "")
        if tenant is not None and (state == "malformed" or (visible is False and role is None)):
            hint = f'List them: echo "table public.tenants" | ttdb local shell {name}'
            raise UsageError(f'"{tenant}" is the id of no tenant of server "{name}"', hint)
    # Who reads statements from a pipe wants to know that one failed.
    failing = () if sys.stdin.isatty() else ("--set", "ON_ERROR_STOP=1")
    return Shell(program, (*failing, "--dbname", found.shown_url()), environment, advice)


def _session_options(place: Url, tenant: str | None, role: str | None) -> dict[str, str]:
    if tenant is None and role is None:
        return {}
    from ttdb.workflows.service_database import as_believed  # noqa: PLC0415 - as above

    options = {"role": role or _SERVICE}
    with connect(place, application=_APPLICATION) as connection:
        if not scalar(connection, "select true from pg_catalog.pg_roles where rolname = %s", (options["role"],)):
            raise UsageError(f'role "{options["role"]}" does not exist', "List them: \\du in ttdb local shell.")
        if tenant is not None:
            setting = str(scalar(connection, "select ttdb.tenant_setting()"))
            options[setting] = as_believed(connection, tenant)
    return options


def _escaped(value: str) -> str:
    """Write a value as PGOPTIONS takes it: a backslash before what would end it."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _psql(found: Server) -> Path:
    own = Path(found.record().bin) / "psql"
    if own.is_file():
        return own
    on_path = shutil.which("psql")
    if on_path:
        return Path(on_path)
    try:
        return next(path for path in (bin_folder() / "psql",) if path.is_file())
    except (Unavailable, StopIteration) as error:
        message = "there is no psql on this machine"
        hint = f"Install postgresql-client, or connect with another client: ttdb local url {found.name}"
        raise LocalServerFailed(message, hint) from error
