"""What the migrating login may and may not do, each lack with the SQL that mends it."""

from ttdb.errors import PrivilegeMissing
from ttdb.migrate.literal import identifier
from ttdb.model.migration import MissingPrivilege
from ttdb.postgres.connect import Connection, scalar

ROLES = (
    "ttdb_owner",
    "ttdb_operator",
    "ttdb_app",
    "ttdb_worker",
    "ttdb_support",
    "ttdb_masker",
    "ttdb_definer",
    "ttdb_auditor",
)


def missing(connection: Connection) -> list[MissingPrivilege]:
    """Return what an upgrade lacks here, in the order in which an admin would mend it."""
    absent = _absent_roles(connection)
    if absent:
        what = f"role {absent[0]} does not exist" if len(absent) == 1 else f"roles {', '.join(absent)} do not exist"
        return [MissingPrivilege(what, "-- the output of: ttdb bootstrap")]
    return [*_memberships(connection), *_on_database(connection)]


def may_bootstrap(connection: Connection) -> bool:
    """Tell whether this login can run the bootstrap itself: a superuser, or CREATEROLE and owner of the database."""
    return (
        scalar(
            connection,
            "select r.rolsuper or (r.rolcreaterole and exists (select from pg_catalog.pg_database as d"
            " where d.datname = pg_catalog.current_database()"
            " and pg_catalog.pg_has_role(r.oid, d.datdba, 'USAGE')))"
            " from pg_catalog.pg_roles as r where r.rolname = session_user",
        )
        is True
    )


def may_become_owner(connection: Connection) -> bool:
    """Tell whether ttdb_owner exists and this login may SET ROLE to it."""
    return not _absent_roles(connection) and not _memberships(connection)


def refuse_powerless_to_end(connection: Connection) -> None:
    """Refuse a login that may not end others' transactions by their age.

    Raises:
        PrivilegeMissing: it may not see how old they are, or not end them.

    """
    lacking = scalar(
        connection,
        "select string_agg(p.name, ', ' order by p.name) from pg_catalog.pg_roles as r,"
        " unnest(array['pg_read_all_stats', 'pg_signal_backend']) as p (name)"
        " where r.rolname = session_user and not (r.rolsuper or pg_catalog.pg_has_role(r.oid, p.name, 'usage'))",
    )
    if lacking is not None:
        login = scalar(connection, "select session_user::text")
        grant = f"grant {lacking} to {identifier(login)};"
        raise PrivilegeMissing(
            f"--terminate-blockers: {login} may not see and end what others run",
            f"Have an administrator run: {grant} or leave the option out.",
        )


def _absent_roles(connection: Connection) -> list[str]:
    rows = connection.execute("select rolname from pg_catalog.pg_roles where rolname = any(%s)", (list(ROLES),))
    found = {row[0] for row in rows}
    return [role for role in ROLES if role not in found]


def _memberships(connection: Connection) -> list[MissingPrivilege]:
    kind = "SET" if connection.info.server_version >= 160000 else "MEMBER"  # noqa: PLR2004 - where SET came in
    lacks = []
    for role in ("ttdb_owner", "ttdb_operator"):
        if not scalar(connection, "select pg_catalog.pg_has_role(session_user, %s, %s)", (role, kind)):
            login = scalar(connection, "select session_user::text")
            lacks.append(MissingPrivilege(f"{login} is no member of {role}", f"grant {role} to {identifier(login)};"))
    return lacks


def _on_database(connection: Connection) -> list[MissingPrivilege]:
    lacks = []
    database = connection.info.dbname
    if not scalar(connection, "select pg_catalog.has_database_privilege('ttdb_owner', %s, 'CREATE')", (database,)):
        grant = f"grant create on database {identifier(database)} to ttdb_owner;"
        lacks.append(MissingPrivilege(f"ttdb_owner may not create in database {database}", grant))
    # has_schema_privilege() of a list asks for any of them.
    for role in ("ttdb_owner", "ttdb_definer"):
        if not scalar(connection, "select pg_catalog.has_schema_privilege(%s, 'public', 'CREATE')", (role,)):
            grant = f"grant create, usage on schema public to {role};"
            lacks.append(MissingPrivilege(f"{role} may not create in schema public", grant))
    return lacks
