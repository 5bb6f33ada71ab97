"""The search path of the application's sessions: by it its functions find what they name without a schema."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.validate.discover import Discovery

_DEFAULT = '"$user", public'  # the server's
_OWN = """
select r.rolname::text, substr(c.line, length('search_path=') + 1)
from pg_catalog.pg_db_role_setting as s
left join pg_catalog.pg_roles as r on s.setrole = r.oid
cross join unnest(s.setconfig) as c (line)
where c.line like 'search\\_path=%' and s.setdatabase in (
    0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
)
order by s.setdatabase
"""
_SCHEMAS = """
select n.nspname::text, exists (
    select from pg_catalog.pg_roles as r
    where
        not r.rolsuper
        and pg_catalog.has_schema_privilege(r.oid, n.oid, 'create')
        and not pg_catalog.pg_has_role(r.oid, n.nspowner, 'usage')
)
from unnest(pg_catalog.current_schemas(false)) with ordinality as c (name, place)
inner join pg_catalog.pg_namespace as n on n.nspname = c.name
order by c.place
"""


@dataclass(frozen=True, slots=True)
class SearchPaths:
    """Where names without a schema are looked for."""

    usual: str  # of the application, as SHOW has it
    own: Mapping[str, str]  # of roles that have another
    schemas: tuple[str, ...]  # of the usual one, in which nobody may create but their owners and superusers
    cut: bool  # there were others, which one who sees everything does not look into: they may hold a trap
    bypasses: bool  # no policy holds the login

    def of(self, role: str) -> str:
        """Return the path of a role's sessions, as SHOW has it."""
        return self.own.get(role, self.usual)

    def enter(self, role: str) -> sql.Composed:
        """Return the statement that gives a transaction the path of a role's sessions."""
        return sql.SQL("select pg_catalog.set_config('search_path', {}, true)").format(sql.Literal(self.of(role)))

    @property
    def enter_safely(self) -> sql.Composed:
        """Return the statement that gives one who sees everything a path for what triggers name in his name."""
        names: list[sql.Composable] = [sql.Identifier(name) for name in self.schemas]
        return sql.SQL("set local search_path = {}").format(sql.SQL(", ").join(names or [sql.Literal("")]))

    @property
    def enter_to_write(self) -> sql.Composed:
        """Return the statements that give him that path, and triggers row security as in any session.

        They may write as an owner whom policies hold, which would be an error where none may hide anything. From one
        whom no policy holds none does.
        """
        return self.enter_safely + sql.SQL("; set local row_security = on") if self.bypasses else self.enter_safely


def search_paths(connection: Connection, found: Discovery) -> SearchPaths:
    """Read the paths that roles and the database are given; a role without one has that of the application's login."""
    own: dict[str, str] = {}
    database = _DEFAULT
    for role, path in connection.execute(_OWN).fetchall():  # those of this database come last, and win
        if role is None:
            database = path
        else:
            own[role] = path
    usual = next((own[role] for role in found.attackers if role in own), database)
    with connection.transaction():
        connection.execute("select pg_catalog.set_config('search_path', %s, true)", (usual,))
        schemas = connection.execute(_SCHEMAS).fetchall()
    safe = tuple(name for name, trapped in schemas if not trapped)
    bypasses = scalar(
        connection, "select r.rolsuper or r.rolbypassrls from pg_catalog.pg_roles as r where r.rolname = current_user"
    )
    return SearchPaths(usual, own, safe, cut=len(safe) < len(schemas), bypasses=bool(bypasses))
