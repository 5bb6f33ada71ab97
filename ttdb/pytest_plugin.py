"""Fixtures for the tests of services that share a database: pytest loads this by its entry point.

The package itself is imported when a fixture is first asked for, so that tests without one start as fast as before.
Each process of pytest-xdist has a server of its own: roles are the whole server's, and no test may change another's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Protocol

import pytest

if TYPE_CHECKING:
    from ttdb.config import Settings
    from ttdb.errors import TtdbError
    from ttdb.model.validation import ValidationReport
    from ttdb.postgres.connect import Connection
    from ttdb.postgres.throwaway import Throwaway
    from ttdb.postgres.url import Url
    from ttdb.workflows.service_database import Template

_OPTIONS = {
    "setup": "shell command that makes the database, instead of ttdb's own migrations; it finds the address in"
    " DATABASE_URL, TTDB_DATABASE_URL and PG* variables",
    "scenario": "seed scenario whose rows the database holds, as minimal",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --ttdb-setup and --ttdb-scenario, and the settings of the configuration file that they overrule."""
    group = parser.getgroup("ttdb", "databases for tests (ttdb)")
    for name, meaning in _OPTIONS.items():
        parser.addini(f"ttdb_{name}", meaning, default="")
        group.addoption(f"--ttdb-{name}", metavar="CMD" if name == "setup" else "NAME", help=meaning)


@dataclass(frozen=True, slots=True)
class Database:
    """A test's own database."""

    name: str
    url: str = field(repr=False)  # its address, as postgresql://USER:PASSWORD@HOST:PORT/NAME; a superuser's

    def url_as(self, role: str) -> str:
        """Return the address of sessions that begin as a role, a login or not; for a service's own pool."""
        from ttdb.postgres.url import Url

        escaped = role.replace("\\", "\\\\").replace(" ", "\\ ")
        return Url.parse(self.url).with_parts(options=f"-c role={escaped}").uri()


class AsTenant(Protocol):
    """Opens a session in which a role works for a tenant."""

    def __call__(
        self,
        tenant: object,
        role: str | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        rollback: bool = False,
    ) -> "AbstractContextManager[Connection]":
        """Return a context manager; its session works in one transaction, which commits when the block ends.

        Args:
            tenant: the tenant's id; None for a session that is nobody's.
            role: whose privileges and policies hold, a login or not; default the application's.
            settings: further settings that the service would set.
            rollback: undo all at the end; whatever raises in the block undoes all anyway.

        """


class AssertIsolated(Protocol):
    """Attacks the test's database and fails when a tenant reaches another's rows."""

    def __call__(  # noqa: PLR0913 - each is one question
        self,
        *,
        app_roles: Collection[str] = (),
        masked_roles: Collection[str] = (),
        cross_tenant_roles: Collection[str] = (),
        tenant_setting: str | None = None,
        tenant_column: str | None = None,
        trails: Collection[str] = (),
        tables: Collection[str] = (),
        only: Collection[str] = (),
        ignore: Mapping[str, str] | None = None,
        fail_on: str = "error",
    ) -> "ValidationReport":
        """Return what was found and accepted, where the verdict is pass.

        Args:
            app_roles: roles the application logs in as; detected when not given, as the next five are.
            masked_roles: roles that may see masked values only.
            cross_tenant_roles: roles meant to see all tenants; they are not attacked.
            tenant_setting: session setting that holds the tenant.
            tenant_column: column that holds the tenant.
            trails: tables that are audit trails.
            tables: judge these alone.
            only: families of checks, as RLS or ISO.
            ignore: accepted findings, each by its key with the reason; one that matches nothing fails the test.
            fail_on: error or warning.

        Raises:
            AssertionError: something was found, or could not be proven.

        """


@pytest.fixture(scope="session")
def _ttdb_settings(pytestconfig: pytest.Config) -> "Settings":
    from ttdb.config import load
    from ttdb.errors import TtdbError
    from ttdb.postgres.throwaway import in_memory

    try:
        settings = load(start=pytestconfig.rootpath)
    except TtdbError as error:
        _refuse(error)
    return in_memory(settings)


@pytest.fixture(scope="session")
def ttdb_server(_ttdb_settings: "Settings") -> "Iterator[Throwaway]":
    """Start a throwaway server, from Docker, the embedded binaries or local ones; its login is a superuser."""
    from ttdb.errors import TtdbError
    from ttdb.postgres.throwaway import throwaway

    with ExitStack() as stack:
        try:
            server = stack.enter_context(throwaway(_ttdb_settings))
        except TtdbError as error:
            _refuse(error)
        yield server


@pytest.fixture(scope="session")
def ttdb_template(ttdb_server: "Throwaway", _ttdb_settings: "Settings", pytestconfig: pytest.Config) -> "Template":
    """Make the database of which every test gets a clone: ttdb's own at head, or what ttdb_setup makes."""
    from ttdb.errors import TtdbError
    from ttdb.workflows.service_database import Recipe, make_template

    setup, scenario = (_option(pytestconfig, name) for name in _OPTIONS)
    recipe = Recipe(_ttdb_settings, setup, scenario, pytestconfig.rootpath)
    try:
        return make_template(ttdb_server.url, recipe, _silent)
    except TtdbError as error:
        _refuse(error)


@pytest.fixture(scope="session")
def _ttdb_admin(ttdb_server: "Throwaway") -> "Iterator[Connection]":
    from ttdb.postgres.connect import connect

    with connect(ttdb_server.url, application="ttdb test") as admin:
        yield admin


@pytest.fixture
def _ttdb_url(_ttdb_admin: "Connection", ttdb_template: "Template") -> "Iterator[Url]":
    from ttdb.workflows.service_database import clone

    with clone(_ttdb_admin, ttdb_template) as url:
        yield url


@pytest.fixture
def ttdb_database(_ttdb_url: "Url") -> Database:
    """Return a database of the test's own, cloned from the template and dropped afterwards."""
    from ttdb.workflows.setup_command import plain_uri

    return Database(str(_ttdb_url.part("dbname")), plain_uri(_ttdb_url))


@pytest.fixture
def ttdb_connection(_ttdb_url: "Url") -> "Iterator[Connection]":
    """Return a superuser's session in the test's database, in autocommit: it sees every tenant's rows."""
    from ttdb.postgres.connect import connect

    with connect(_ttdb_url, application="ttdb test") as connection:
        yield connection


@pytest.fixture
def as_tenant(_ttdb_url: "Url", ttdb_template: "Template") -> AsTenant:
    """Open sessions in which the service works for a tenant.

    ``with as_tenant(tenant, role="web") as connection:`` is one transaction, which commits unless ``rollback=True``.
    """

    def act(
        tenant: object,
        role: str | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        rollback: bool = False,
    ) -> "AbstractContextManager[Connection]":
        from ttdb.workflows import service_database as database

        def enter() -> "AbstractContextManager[Connection]":
            context = None if tenant is None else (database.tenant_setting(ttdb_template), str(tenant))
            who = role or database.application_role(ttdb_template)
            return database.acting_as(_ttdb_url, who, settings or {}, context=context, rollback=rollback)

        return _Acting(enter)

    return act


@pytest.fixture
def assert_isolated(_ttdb_url: "Url", _ttdb_settings: "Settings") -> AssertIsolated:
    """Attack the test's database as every role of the application, and fail on any leak.

    ``assert_isolated(app_roles=["web"])`` needs rows of two tenants in each table that it shall prove.
    """

    def check(  # noqa: PLR0913 - as AssertIsolated has them
        *,
        app_roles: Collection[str] = (),
        masked_roles: Collection[str] = (),
        cross_tenant_roles: Collection[str] = (),
        tenant_setting: str | None = None,
        tenant_column: str | None = None,
        trails: Collection[str] = (),
        tables: Collection[str] = (),
        only: Collection[str] = (),
        ignore: Mapping[str, str] | None = None,
        fail_on: str = "error",
    ) -> "ValidationReport":
        __tracebackhide__ = True
        from ttdb.errors import TtdbError
        from ttdb.model.validation import Verdict
        from ttdb.report.assertion import as_assertion
        from ttdb.workflows.isolation import Question, attacked

        try:
            question = Question(
                app_roles=_names(app_roles),
                masked_roles=_names(masked_roles),
                cross_tenant_roles=_names(cross_tenant_roles),
                tenant_setting=tenant_setting,
                tenant_column=tenant_column,
                trails=_names(trails),
                tables=_names(tables),
                only=_names(only),
                ignore=ignore or {},
                fail_on=fail_on,
            )
            report = attacked(_ttdb_url, _ttdb_settings, question)
        except TtdbError as error:
            _fail(error)
        if report.verdict is not Verdict.PASS:
            raise AssertionError(as_assertion(report))
        return report

    return check


class _Acting(AbstractContextManager["Connection"]):
    """A session that is opened when the block begins; what cannot be is said at the test's own line."""

    def __init__(self, enter: "Callable[[], AbstractContextManager[Connection]]") -> None:
        self._enter = enter
        self._stack = ExitStack()

    def __enter__(self) -> "Connection":
        __tracebackhide__ = True
        from ttdb.errors import TtdbError

        try:
            return self._stack.enter_context(self._enter())
        except TtdbError as error:
            _fail(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        __tracebackhide__ = True
        return bool(self._stack.__exit__(kind, error, trace))


def _option(config: pytest.Config, name: str) -> str | None:
    """Return what the command line says, else the configuration file; None where neither does."""
    said = config.getoption(f"--ttdb-{name}") or config.getini(f"ttdb_{name}")
    return str(said).strip() or None


def _names(given: Collection[str]) -> tuple[str, ...]:
    """Return the names given; a single one may stand without its list."""
    return (given,) if isinstance(given, str) else tuple(given)


def _silent(_text: str) -> None:
    pass


def _refuse(error: "TtdbError") -> NoReturn:
    """Fail a fixture with what the user has to know, and no traceback through ttdb."""
    raise pytest.fail.Exception(_told(error), pytrace=False) from None


def _fail(error: "TtdbError") -> NoReturn:
    """Fail a test at the line of its own that asked."""
    __tracebackhide__ = True
    raise pytest.fail.Exception(_told(error), pytrace=True) from None


def _told(error: "TtdbError") -> str:
    from ttdb.secrets import masked

    return masked(f"{error.message}\nhint: {error.hint}" if error.hint else error.message)
