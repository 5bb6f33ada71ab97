"""Who may do what with a table that stood on arrival: taken off, on record for the way back, given to its tenants."""

from collections.abc import Sequence

from ttdb.migrate.decided import Decided
from ttdb.migrate.literal import literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps import given_back
from ttdb.migrate.steps.deciding_conflicts import in_the_way

_CLOSED = {
    "global": "For operators alone to write.",
    "nobody": "For operators alone: these rows are no tenant's.",
    "undecided": "For operators alone: whose these rows are is not decided.",
}


def closed(each: Decided) -> Step:
    """Return the step that closes a table to all but operators; what stood there comes back on the way down."""
    place, relation = qualified(each.table), literal(each.table)
    return Step(
        name=f"close-{kebab(each.table)}",
        up=(
            _OFF.format(place=place, relation=relation),
            f"alter table {place} enable row level security, force row level security;",
            *_operators_policy(each),
            f"grant select, insert, update, delete on {place} to ttdb_operator;",
        ),
        down=(),
        replaced=_PUT_BACK.format(place=place, relation=relation),
        holds=(
            "select exists (\n    select from pg_catalog.pg_class as c\n"
            f"    where c.oid = pg_catalog.to_regclass({relation}) and c.relrowsecurity and c.relforcerowsecurity\n"
            "        and (select pg_catalog.array_agg(p.polname::text) from pg_catalog.pg_policy as p"
            " where p.polrelid = c.oid) = '{all_operator}'\n)\n"
            f"    and not exists (\n{_held(relation)}\n)"
        ),
        conflicts=in_the_way(each),
        relations=(each.table,),
    )


def taken_off(relation: str) -> Step:
    """Return the step that takes off a table what anybody but its owner and the group roles may do there."""
    place, name = qualified(relation), literal(relation)
    return Step(
        name=f"rights-{kebab(relation)}",
        up=(_REVOKED.format(place=place, relation=name),),
        down=(),
        replaced=f"select coalesce(pg_catalog.string_agg(g.line, E'\\n'), 'select null;')\nfrom (\n"
        f"{_GRANTED.format(place=place, relation=name)}\n) as g (line)",
        holds=f"select not exists (\n{_held(name)}\n)",
        relations=(relation,),
    )


def any_held(relations: Sequence[str]) -> str:
    """Return the question whether anybody but its owner and the group roles may do anything with one of these."""
    held = "\n    union all\n".join(_held(literal(relation)) for relation in relations)
    return f"select exists (\n{held}\n)"


def opened(each: Decided, before: tuple[str, ...], back: tuple[str, ...]) -> Step:
    """Return the step that opens a table to its tenants; with ``before`` what the filling leaves behind, and ``back``.

    Not by ttdb.protect(), which asks that no row be without a tenant: here such a row is one that nobody sees.
    """
    place, relation = qualified(each.table), literal(each.table)
    verbs = _verbs(each.app)
    wanted = f"{relation}, {literal(each.column)}, {verbs}, {_verbs(each.worker)}, '{{}}'"
    return Step(
        name=f"open-{kebab(each.table)}",
        up=(
            *before,
            f"drop policy all_operator on {place};",
            (
                "insert into ttdb.tenant_tables (relation, tenant_column, app, worker, definer, found)\n"
                f"values ({wanted}, ttdb.state_of({relation}));"
            ),
            f"select ttdb.dress({wanted}, false);",
        ),
        down=(f"select ttdb.unprotect({relation});", *_operators_policy(each), *back),
        holds=f"select ttdb.is_protected({wanted})",
        relations=(each.table,),
    )


def shared(each: Decided) -> Step:
    """Return the step by which every tenant reads a table, and none writes it."""
    place, relation = qualified(each.table), literal(each.table)
    return Step(
        name=f"share-{kebab(each.table)}",
        up=(
            f"create policy select_shared on {place} for select to ttdb_app using (true);",
            f"comment on policy select_shared on {place} is 'The same for every tenant.';",
            f"grant select on {place} to ttdb_app;",
        ),
        down=(f"revoke select on {place} from ttdb_app;", f"drop policy select_shared on {place};"),
        holds=(
            "select exists (select from pg_catalog.pg_policy as p"
            f" where p.polrelid = pg_catalog.to_regclass({relation}) and p.polname = 'select_shared')"
        ),
        relations=(each.table,),
    )


def worked(each: Decided) -> Step:
    """Return the step by which jobs do what the file says with a table whose rows are no tenant's."""
    place, relation = qualified(each.table), literal(each.table)
    verbs = each.worker.split(", ")
    policies = [f"{verb}_worker" for verb in verbs]
    rows = {"insert": "with check (true)", "update": "using (true) with check (true)"}
    inserts = "insert" in verbs
    return Step(
        name=f"work-{kebab(each.table)}",
        up=(
            *(
                f"create policy {name} on {place} for {verb} to ttdb_worker {rows.get(verb, 'using (true)')};\n"
                f"comment on policy {name} on {place} is 'Jobs across tenants, for this verb only.';"
                for name, verb in zip(policies, verbs, strict=True)
            ),
            f"grant {each.worker} on {place} to ttdb_worker;",
            *((_NUMBERS.format(what="grant", preposition="to", relation=relation),) if inserts else ()),
        ),
        down=(
            *((_NUMBERS.format(what="revoke", preposition="from", relation=relation),) if inserts else ()),
            f"revoke {each.worker} on {place} from ttdb_worker;",
            *(f"drop policy {name} on {place};" for name in policies),
        ),
        holds=(
            "select (select pg_catalog.count(*) from pg_catalog.pg_policy as p"
            f" where p.polrelid = pg_catalog.to_regclass({relation})"
            f" and p.polname = any({text_array(policies)}::pg_catalog.name[])) = {len(policies)}"
        ),
        relations=(each.table,),
    )


def _verbs(text: str) -> str:
    """Return an array of the verbs in a text."""
    return text_array(text.split(", ")) if text else "'{}'"


def _operators_policy(each: Decided) -> tuple[str, str]:
    place = qualified(each.table)
    about = literal(_CLOSED.get(each.belongs, "For operators alone, until it is filled."))
    return (
        f"create policy all_operator on {place} to ttdb_operator using (true) with check (true);",
        f"comment on policy all_operator on {place} is {about};",
    )


def _held(relation: str) -> str:
    return _HELD.format(relation=relation)


# The table, its columns and their sequences, with what others than the owner and the group roles may do there.
_HELD = """\
    select o.oid, o.relkind, a.grantee, a.privilege_type, a.is_grantable, o.attname
    from (
        select c.oid, c.relkind, c.relowner, null::pg_catalog.name as attname, c.relacl as acl
        from pg_catalog.pg_class as c
        where c.oid = pg_catalog.to_regclass({relation}) or c.relkind = 'S' and c.oid in (
            select d.objid from pg_catalog.pg_depend as d
            where d.refobjid = pg_catalog.to_regclass({relation}) and d.refobjsubid > 0 and d.deptype in ('a', 'i')
                and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
        union all
        select c.oid, c.relkind, c.relowner, t.attname, t.attacl
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_attribute as t on t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped
        where c.oid = pg_catalog.to_regclass({relation})
    ) as o
    cross join lateral pg_catalog.aclexplode(o.acl) as a
    where a.grantee <> o.relowner
        and (a.grantee = 0 or pg_catalog.pg_get_userbyid(a.grantee) not in (
            'ttdb_operator', 'ttdb_app', 'ttdb_worker', 'ttdb_definer', 'ttdb_masker', 'ttdb_support', 'ttdb_auditor',
            'ttdb_observed'
        ))"""

# Who inserts takes numbers from a column's sequence.
_NUMBERS = """\
do $do$
declare
    v_sequence pg_catalog.regclass;
begin
    for v_sequence in
        select d.objid from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_class as c on c.oid = d.objid and c.relkind = 'S'
        where d.refobjid = pg_catalog.to_regclass({relation}) and d.refobjsubid > 0 and d.deptype = 'a'
            and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    loop
        execute pg_catalog.format('{what} usage on sequence %s {preposition} ttdb_worker', v_sequence);
    end loop;
end
$do$;"""

_REVOKE = (
    """\
    for v_object, v_role in
        select distinct h.oid::pg_catalog.regclass,
            case when h.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.grantee)) end
        from (
"""
    + _HELD
    + """
        ) as h
    loop
        execute pg_catalog.format('revoke all on table %s from %s cascade', v_object, v_role);
    end loop;"""
)

_REVOKED = (
    """\
do $do$
declare
    v_object pg_catalog.regclass;
    v_role pg_catalog.text;
begin
"""
    + _REVOKE
    + """
end
$do$;"""
)

_OFF = (
    """\
do $do$
declare
    v_object pg_catalog.regclass;
    v_role pg_catalog.text;
    v_policy pg_catalog.name;
begin
"""
    + _REVOKE
    + """
    for v_policy in
        select p.polname from pg_catalog.pg_policy as p
        where p.polrelid = pg_catalog.to_regclass({relation})
            and p.polroles is distinct from array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]
    loop
        execute pg_catalog.format('drop policy %I on {place}', v_policy);
    end loop;
end
$do$;"""
)

# Nothing keeps a role from being dropped meanwhile: then there is nobody to give it back to.
_GRANTED = (
    """\
    select pg_catalog.format('do $grant$ begin if %L = ''public'' or pg_catalog.to_regrole(%1$L) is not null'
        ' then grant %2$s on %3$s %4$s to %1$s%5$s; end if; end $grant$;',
        case when h.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.grantee)) end,
        pg_catalog.string_agg(
            pg_catalog.lower(h.privilege_type) || coalesce(' (' || pg_catalog.quote_ident(h.attname) || ')', ''),
            ', ' order by h.privilege_type, h.attname
        ),
        case h.relkind when 'S' then 'sequence' else 'table' end,
        (
            select pg_catalog.format('%I.%I', n.nspname, c.relname)
            from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
            where c.oid = h.oid
        ),
        case when h.is_grantable then ' with grant option' else '' end)
    from (
"""
    + _HELD
    + """
    ) as h
    group by h.oid, h.relkind, h.grantee, h.is_grantable"""
)

_PUT_BACK = f"""\
select pg_catalog.string_agg(s.line, E'\\n' order by s.place, s.line)
from (
    values (1, 'drop policy all_operator on {{place}};')
    union all
{given_back.OPERATORS_GRANTS}
    union all
{given_back.POLICIES}
    where p.roles <> array['ttdb_observed']::pg_catalog.name[]
    union all
    select 4, g.line
    from (
{_GRANTED}
    ) as g (line)
    union all
{given_back.ROW_SECURITY}
) as s (place, line)"""
