"""Hand the objects of an existing database to ttdb_owner, remember whose they were, and give them back."""

from dataclasses import dataclass

from ttdb.postgres.connect import Connection, scalar

RECORD = """\
create schema if not exists ttdb_bootstrap;
comment on schema ttdb_bootstrap is 'ttdb: what was before the bootstrap; gone after ttdb bootstrap --undo';
create table if not exists ttdb_bootstrap.former_owners (
    kind text not null,
    identity text not null,
    owner name not null,
    relation regclass,
    primary key (kind, identity)
);
comment on table ttdb_bootstrap.former_owners is 'ttdb: one row for each object handed to ttdb_owner';
comment on column ttdb_bootstrap.former_owners.relation is 'finds it renamed; a routine is found by its identity';
revoke all on schema ttdb_bootstrap from public;
"""
FORGET = """\
do $forget$
begin
    drop table if exists ttdb_bootstrap.former_owners, ttdb_bootstrap.public_could_create;
    drop schema if exists ttdb_bootstrap;
exception
    when dependent_objects_still_exist then
        null; -- somebody else keeps something in a schema of this name
end;
$forget$;
"""


@dataclass(frozen=True, slots=True)
class Handover:
    """One object that changes hands, and the transaction that does it."""

    identity: str
    statements: str


def to_hand_over(connection: Connection, schemas: tuple[str, ...]) -> list[Handover]:
    """Return the objects in these schemas that ttdb_owner does not own yet, what others read first.

    The former owner keeps all it could do, by grant: services that log in as the owner must not notice. Where no
    grant could do that, the object stays: a materialized view before 17, which only its owner may refresh, and a view
    of tables elsewhere, which ttdb_owner may not read.
    """
    rows = connection.execute(_TO_HAND_OVER, {"schemas": list(schemas)}).fetchall()
    return [*_schemas(connection, schemas), *(Handover(identity, statements) for identity, statements in rows)]


def to_give_back(connection: Connection) -> list[Handover]:
    """Return what was handed over and still stands, with the transaction that gives each back."""
    found = []
    if scalar(connection, "select pg_catalog.to_regclass('ttdb_bootstrap.public_could_create') is not null"):
        statements = "grant create on schema public to public;\ndrop table ttdb_bootstrap.public_could_create;"
        found.append(Handover("schema public", statements))
    if scalar(connection, "select pg_catalog.to_regclass('ttdb_bootstrap.former_owners') is not null"):
        before, after = _owner_rights(connection)
        rows = connection.execute(_TO_GIVE_BACK).fetchall()
        found += [Handover(identity, before + statements + after) for identity, statements in rows]
    return found


def ownerless(connection: Connection) -> list[str]:
    """Return, in sentences, what cannot be given back because its former owner is gone."""
    if not scalar(connection, "select pg_catalog.to_regclass('ttdb_bootstrap.former_owners') is not null"):
        return []
    return [text for _identity, text in connection.execute(_OWNERLESS)]


def schemas_left(connection: Connection, schemas: tuple[str, ...]) -> list[str]:
    """Return the other schemas with tables, neither the server's, an extension's nor ttdb's own."""
    rows = connection.execute(_LEFT, (list(schemas),))
    return [name for (name,) in rows]


def _schemas(connection: Connection, schemas: tuple[str, ...]) -> list[Handover]:
    """Return the grants on schemas other than public, which the bootstrap itself sees to."""
    rows = connection.execute(_ON_SCHEMAS, (list(schemas),)).fetchall()
    return [Handover(identity, statements) for identity, statements in rows]


def _owner_rights(connection: Connection) -> tuple[str, str]:
    """Return what lets this login act with ttdb_owner's rights, and what ends it: from 16 on it does not inherit."""
    inherits = scalar(connection, "select pg_catalog.pg_has_role(current_user, 'ttdb_owner', 'USAGE')")
    if inherits:
        return "", ""
    return tuple(  # type: ignore[return-value]  # two members
        "do $rights$ begin execute pg_catalog.format("
        f"'grant ttdb_owner to %I with inherit {state}', current_user); end; $rights$;\n"
        for state in ("true", "false")
    )


_ON_SCHEMAS = """\
select pg_catalog.format('schema %%I', n.nspname), pg_catalog.format(
    E'grant usage, create on schema %%1$I to ttdb_owner;\ngrant usage on schema %%1$I to ttdb_operator, ttdb_app,'
    ' ttdb_worker, ttdb_support, ttdb_masker, ttdb_definer, ttdb_auditor;', n.nspname)
from pg_catalog.pg_namespace as n
where n.nspname = any(%s) and n.nspname <> 'public' and not exists (
    select from pg_catalog.aclexplode(n.nspacl) as a
    join pg_catalog.pg_roles as r on r.oid = a.grantee and r.rolname = 'ttdb_owner'
    where a.privilege_type = 'CREATE'
)
order by n.nspname
"""

_LEFT = """\
select n.nspname
from pg_catalog.pg_namespace as n
where n.nspname !~ '^(pg_|ttdb)' and n.nspname not in ('information_schema', 'audit', 'masked') and n.nspname <> all(%s)
    and exists (
        select from pg_catalog.pg_class as c
        where c.relnamespace = n.oid and c.relkind in ('r', 'p') and c.relowner <> (
            select r.oid from pg_catalog.pg_roles as r where r.rolname = 'ttdb_owner'
        ) and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
        )
    )
order by n.nspname
"""

_TO_HAND_OVER = """\
with objects (rank, kind, identity, relation, oid, owner) as (
    select case when c.relkind in ('v', 'm') then 3 when c.relkind = 'S' then 2 else 1 end,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
            when 'f' then 'foreign table' else 'table' end,
        pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.oid, c.oid, c.relowner
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_roles as r on r.oid = c.relowner
    where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and not exists (  -- an extension's own, or a sequence that goes with its table's column
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                and (d.deptype = 'e' or (c.relkind = 'S' and d.deptype in ('a', 'i')))
        )
        and not (c.relkind = 'm' and not r.rolsuper
            and pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 170000)
        and not (c.relkind in ('v', 'm') and exists (
            select from pg_catalog.pg_rewrite as w
            join pg_catalog.pg_depend as d
                on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            join pg_catalog.pg_class as b on b.oid = d.refobjid
            where w.ev_class = c.oid and b.relnamespace::pg_catalog.regnamespace::pg_catalog.text
                <> all(%(schemas)s::pg_catalog.text[] || '{pg_catalog,information_schema}'::pg_catalog.text[])
        ))
    union all
    select 4, 'routine', p.oid::pg_catalog.regprocedure::pg_catalog.text, null, p.oid, p.proowner
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = any(%(schemas)s)
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
        )
), held (oid, privilege, target) as (  -- what each owner may do with what is its own
    select o.oid, a.privilege_type, pg_catalog.format('%%s %%I.%%I', case s.relkind when 'S' then 'sequence'
            else 'table' end, n.nspname, s.relname)
    from objects as o
    join pg_catalog.pg_class as s on s.oid = o.relation or (s.relkind = 'S' and s.oid in (
        select d.objid from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid
            and d.refobjid = o.relation and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    ))
    join pg_catalog.pg_namespace as n on n.oid = s.relnamespace
    cross join lateral pg_catalog.aclexplode(coalesce(s.relacl,
        pg_catalog.acldefault(case s.relkind when 'S' then 's' else 'r' end::pg_catalog."char", s.relowner))) as a
    where a.grantee = o.owner
    union all
    select o.oid, a.privilege_type, 'routine ' || o.identity
    from objects as o
    join pg_catalog.pg_proc as p on o.kind = 'routine' and p.oid = o.oid
    cross join lateral pg_catalog.aclexplode(p.proacl) as a  -- without a list, PUBLIC may execute
    where a.grantee = o.owner
), kept (oid, statements) as (
    select t.oid, pg_catalog.string_agg(pg_catalog.format(E'\ngrant %%s on %%s to %%I;', t.privileges, t.target,
        t.rolname), '' order by t.target)
    from (
        select h.oid, h.target, r.rolname,
            pg_catalog.lower(pg_catalog.string_agg(h.privilege, ', ' order by h.privilege)) as privileges
        from held as h
        join objects as o on o.oid = h.oid
        join pg_catalog.pg_roles as r on r.oid = o.owner and not r.rolsuper
        group by h.oid, h.target, r.rolname
    ) as t
    group by t.oid
)
select o.identity, pg_catalog.format(
    E'insert into ttdb_bootstrap.former_owners (kind, identity, owner, relation) values (%%L, %%L, %%L, %%L)'
    ' on conflict (kind, identity) do update set owner = excluded.owner, relation = excluded.relation;'
    '\nalter %%s %%s owner to ttdb_owner;', o.kind, o.identity, r.rolname,
    case when o.relation is not null then o.identity end, o.kind, o.identity
) || coalesce(E'\nset local role ttdb_owner;' || k.statements, '')
from objects as o
join pg_catalog.pg_roles as r on r.oid = o.owner
left join kept as k on k.oid = o.oid
where r.rolname not in ('ttdb_owner', 'ttdb_masker', 'ttdb_definer')
order by o.rank, o.kind, o.identity
"""

_HANDED_OVER = """\
with standing (kind, identity, recorded, owner, former, present) as (
    select f.kind, case when c.oid is null then f.identity else pg_catalog.format('%I.%I', n.nspname, c.relname) end,
        f.identity, r.rolname, f.owner, coalesce(c.relowner, p.proowner)
    from ttdb_bootstrap.former_owners as f
    -- A table that was in months meanwhile is another one, of the same name.
    left join pg_catalog.pg_class as c on f.kind <> 'routine' and c.oid = coalesce(
        (select o.oid from pg_catalog.pg_class as o where o.oid = f.relation),
        pg_catalog.to_regclass(f.identity)
    )
    left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_proc as p
        on p.oid = case f.kind when 'routine' then pg_catalog.to_regprocedure(f.identity)::pg_catalog.oid end
    left join pg_catalog.pg_roles as r on r.rolname = f.owner
)
select s.identity, case when s.owner is null
    then pg_catalog.format('%s %s stays with ttdb_owner: role %s, whose it was, does not exist', s.kind, s.identity,
        s.former)
    else pg_catalog.format(E'alter %s %s owner to %I;\n'
        'delete from ttdb_bootstrap.former_owners where kind = %L and identity = %L;\n',
        s.kind, s.identity, s.owner, s.kind, s.recorded)
    end
from standing as s
where s.present = pg_catalog.to_regrole('ttdb_owner') and (s.owner is null) = OWNERLESS
order by s.kind, s.identity
"""
_TO_GIVE_BACK = _HANDED_OVER.replace("OWNERLESS", "false")
_OWNERLESS = _HANDED_OVER.replace("OWNERLESS", "true")
