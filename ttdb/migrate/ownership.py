"""Hand the objects of an existing database to ttdb_owner, remember whose they were, and give them back."""

from dataclasses import dataclass

from ttdb.postgres.connect import Connection, scalar

RECORD = """\
create schema if not exists ttdb_bootstrap;
comment on schema ttdb_bootstrap is 'ttdb: who owned what before the bootstrap; gone after ttdb bootstrap --undo';
create table if not exists ttdb_bootstrap.former_owners (
    kind text not null,
    identity text not null,
    owner name not null,
    primary key (kind, identity)
);
comment on table ttdb_bootstrap.former_owners is 'ttdb: one row for each object handed to ttdb_owner';
revoke all on schema ttdb_bootstrap from public;
"""


@dataclass(frozen=True, slots=True)
class Handover:
    """One object that changes hands, and the transaction that does it."""

    identity: str
    statements: str


def to_hand_over(connection: Connection, schemas: tuple[str, ...]) -> list[Handover]:
    """Return the objects in these schemas that ttdb_owner does not own yet.

    The former owner keeps all it could do, by grant: services that log in as the owner must not notice.
    """
    rows = connection.execute(_TO_HAND_OVER, {"schemas": list(schemas)}).fetchall()
    return [Handover(identity, statements) for identity, statements in rows]


def to_give_back(connection: Connection) -> list[Handover]:
    """Return what was handed over and still stands, with the transaction that gives each back."""
    if scalar(connection, "select pg_catalog.to_regclass('ttdb_bootstrap.former_owners')") is None:
        return []
    rows = connection.execute(
        "select identity, pg_catalog.format("
        "'alter %%s %%s owner to %%I;\ndelete from ttdb_bootstrap.former_owners where kind = %%L and identity = %%L;',"
        " kind, identity, owner, kind, identity) from ttdb_bootstrap.former_owners order by kind, identity",
        (),
    ).fetchall()
    return [Handover(identity, statements) for identity, statements in rows]


_TO_HAND_OVER = """\
with objects (kind, identity, owner, grantable) as (
    select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
            when 'f' then 'foreign table' else 'table' end,
        pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.relowner,
        case c.relkind when 'S' then 'sequence' else 'table' end
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and not exists (  -- an extension's own, or a sequence that goes with its table's column
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                and (d.deptype = 'e' or (c.relkind = 'S' and d.deptype in ('a', 'i')))
        )
    union all
    select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
        pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
        p.proowner, case p.prokind when 'p' then 'procedure' else 'function' end
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = any(%(schemas)s)
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
        )
)
select o.identity, pg_catalog.format(
    E'insert into ttdb_bootstrap.former_owners (kind, identity, owner) values (%%L, %%L, %%L)'
    ' on conflict do nothing;\\nalter %%s %%s owner to ttdb_owner;', o.kind, o.identity, r.rolname, o.kind, o.identity
) || case when r.rolsuper then '' else
    pg_catalog.format(E'\\ngrant all on %%s %%s to %%I;', o.grantable, o.identity, r.rolname) end
from objects as o
join pg_catalog.pg_roles as r on r.oid = o.owner
where r.rolname not in ('ttdb_owner', 'ttdb_masker', 'ttdb_definer')
order by o.kind, o.identity
"""
