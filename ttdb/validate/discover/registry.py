"""What ttdb itself recorded in the database, where it did."""

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.validate.discover.found import PersonalColumn, Registry
from ttdb.validate.queries import query


def registry(connection: Connection) -> Registry:
    """Read the registry; every part may be missing."""
    row = connection.execute(query("registry")).fetchone()
    tables, personal, audited, keys, trail, setting, signing, resolvers, versions = row or (False,) * 8 + (None,)
    if not tables:
        return Registry(revision=_revision(connection, versions))
    return Registry(
        present=True,
        tenant_columns=_tenant_columns(connection),
        personal=_personal(connection) if personal else (),
        audited=_audited(connection) if audited else (),
        declared_keys=_declared_keys(connection) if keys else (),
        trail=bool(trail),
        tenant_setting=scalar(connection, "select ttdb.tenant_setting()") if setting else None,
        signed=bool(signing and scalar(connection, "select ttdb.context_is_signed()")),
        resolvers=_resolvers(connection) if resolvers else (),
        revision=_revision(connection, versions),
    )


def _tenant_columns(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        "select n.nspname || '.' || c.relname, t.tenant_column::text from ttdb.tenant_tables as t"
        " join pg_catalog.pg_class as c on c.oid = t.relation"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
    )
    return {name: column for name, column in rows}  # noqa: C416 - typed so


def _personal(connection: Connection) -> tuple[PersonalColumn, ...]:
    rows = connection.execute(
        "select relation::oid::bigint, column_name::text from ttdb.personal_columns where mask <> 'plain'"
        " order by relation::oid, column_name"
    )
    return tuple(PersonalColumn(relation, column) for relation, column in rows)


def _audited(connection: Connection) -> tuple[int, ...]:
    rows = connection.execute("select relation::oid::bigint from ttdb.audited_tables order by relation::oid")
    return tuple(row[0] for row in rows)


def _resolvers(connection: Connection) -> tuple[int, ...]:
    rows = connection.execute(
        "select pg_catalog.to_regprocedure(r.function)::oid::bigint from ttdb.resolvers as r"
        " where pg_catalog.to_regprocedure(r.function) is not null order by r.function"
    )
    return tuple(row[0] for row in rows)


def _declared_keys(connection: Connection) -> tuple[int, ...]:
    rows = connection.execute("select keys::oid::bigint from ttdb.unique_keys where across_tenants order by keys::oid")
    return tuple(row[0] for row in rows)


def _revision(connection: Connection, table: str | None) -> str | None:
    if table is None:
        return None
    name = sql.Identifier(*table.split("."))
    rows = connection.execute(sql.SQL("select version_num from {} order by version_num").format(name))
    return ", ".join(row[0] for row in rows) or None
