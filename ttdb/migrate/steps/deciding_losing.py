"""Who loses what it may do with tables that are closed: named before anything is changed, unless the file says so."""

from collections.abc import Iterator

from ttdb.migrate.decided import Decided, File
from ttdb.migrate.literal import text_array
from ttdb.migrate.step import Step
from ttdb.migrate.steps.deciding_rows import DECIDED


def rights_lost(file: File, *relations: str) -> Step:
    """Return the step that stops for each login that would lose rights on these tables, and of which nothing is said.

    A superuser loses none, nor does a member of the operators; a member of ttdb_app or ttdb_worker keeps what the file
    gives that group: that is how to keep a login at work. A role that nobody logs in as is nobody's loss. ``[losing]``
    in the file names who may lose them, and why.
    """
    words = {
        "relations": text_array(relations),
        "said": text_array(sorted(file.losing)),
        "kept": text_array([line for each in file.tables.values() for line in _kept(each)]),
    }
    return Step(
        name="rights-lost",
        up=("select 'of every login that loses rights here, the tenancy file says so';",),
        down=(),
        holds="select true",
        always=True,
        looks=True,
        conflicts=_CONFLICTS.format(**words),
        needed=_ANY.format(**words),
        prepares=DECIDED,
    )


def _kept(each: Decided) -> Iterator[str]:
    """Return what the groups may do with a table once it is open: group, verb, table."""
    app = {"global": "select"}.get(each.belongs, each.app if each.apart else "")
    for group, verbs in (("ttdb_app", app), ("ttdb_worker", each.worker)):
        yield from (f"{group} {verb.strip()} {each.table}" for verb in verbs.split(",") if verb.strip())


# Rights of the owner's too: once the tables are handed to ttdb_owner, who owned them keeps those by grant.
_LOSSES = """\
    select l.rolname as login, case when a.grantee = 0 then 'public' else g.rolname end as role,
        t.name as relation, pg_catalog.lower(a.privilege_type) as verb
    from pg_catalog.unnest({relations}::pg_catalog.text[]) as t (name)
    inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(t.name)
    cross join lateral (
        select x.grantee, x.privilege_type
        from pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) as x
        union
        select x.grantee, x.privilege_type
        from pg_catalog.pg_attribute as n
        cross join lateral pg_catalog.aclexplode(n.attacl) as x
        where n.attrelid = c.oid and n.attnum > 0 and not n.attisdropped
        union
        select p.oid, v.verb
        from (values ('pg_read_all_data', 'SELECT'), ('pg_write_all_data', 'INSERT'), ('pg_write_all_data', 'UPDATE'),
            ('pg_write_all_data', 'DELETE')) as v (role, verb)
        inner join pg_catalog.pg_roles as p on p.rolname = v.role
    ) as a
    left join pg_catalog.pg_roles as g on g.oid = a.grantee
    inner join pg_catalog.pg_roles as l on l.rolcanlogin and not l.rolsuper and l.rolname <> session_user
        and (
            case when a.grantee = 0
                then pg_catalog.has_database_privilege(l.oid, pg_catalog.current_database(), 'connect')
                else pg_catalog.pg_has_role(l.oid, a.grantee, 'member')
            end
        )
    where (a.grantee = 0 or g.rolname not like 'ttdb\\_%')
        and not (l.rolbypassrls and coalesce(g.rolname, '') in ('pg_read_all_data', 'pg_write_all_data'))
        and not exists (
            select from pg_catalog.pg_roles as k
            where k.rolname in ('ttdb_owner', 'ttdb_operator', 'ttdb_observed')
                and pg_catalog.pg_has_role(l.oid, k.oid, 'member')
        )
        -- What a service did beside its four verbs, as TRUNCATE and REFERENCES, it does not miss; nor what all may.
        and not exists (
            select from pg_catalog.pg_roles as k
            where k.rolname in ('ttdb_app', 'ttdb_worker') and pg_catalog.pg_has_role(l.oid, k.oid, 'member')
                and (
                    a.grantee = 0
                    or a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                    or k.rolname || ' ' || pg_catalog.lower(a.privilege_type) || ' ' || t.name
                    = any({kept}::pg_catalog.text[])
                )
        )"""

_ANY = "select exists (\n" + _LOSSES + "\n)"

_CONFLICTS = (
    """\
select r.login, pg_catalog.format('it will not %s any more %s %s%s', r.verbs,
        case r.tables when 1 then 'here:' else 'in ' || r.tables || ' tables:' end,
        pg_catalog.array_to_string(r.names[1:20], ', '), case when r.tables > 20 then ', ...' else '' end)
        || case when r.role = r.login then '' else pg_catalog.format(' (granted to %s)', r.role) end,
    pg_catalog.format('Let it keep what it is for: grant ttdb_app to %1$I (a service, for one tenant at a time),'
        ' ttdb_worker (jobs across tenants, where the file names worker) or ttdb_operator (dumps and DBAs). Or write'
        ' %1$s = "why" below [losing] in the tenancy file.', r.login)
from (
    select v.login, v.role, v.verbs, pg_catalog.count(*) as tables,
        pg_catalog.array_agg(v.relation order by v.relation) as names
    from (
        select h.login, h.role, h.relation, pg_catalog.string_agg(distinct h.verb, ', ') as verbs
        from (
"""
    + _LOSSES
    + """
        ) as h
        where h.login <> all({said}::pg_catalog.text[]) and h.role <> all({said}::pg_catalog.text[])
        group by h.login, h.role, h.relation
    ) as v
    group by v.login, v.role, v.verbs
) as r
order by r.login, r.role, r.verbs"""
)
