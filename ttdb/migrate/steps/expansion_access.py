"""The SQL that sets aside who was let in how, while a table is expanded, and gives it back."""

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.steps import given_back
from ttdb.migrate.steps.expansion import AS_FOUND, FOUND, MEANWHILE, Shape
from ttdb.migrate.steps.expansion_found import found_trigger


def set_aside(shape: Shape) -> tuple[str, ...]:
    """Return the statements that take off what does harm; meanwhile the operator sees all, and others what they did."""
    place = qualified(shape.relation)
    return (
        *(f"drop trigger if exists {identifier(name)} on {place};" for name in shape.arrival.aside),
        _SET_ASIDE.format(place=place, relation=literal(shape.relation), as_found=AS_FOUND),
        f"alter table {place} enable row level security, force row level security;",
        f"create policy {MEANWHILE} on {place} to ttdb_operator using (true) with check (true);",
        f"comment on policy {MEANWHILE} on {place} is 'while its rows are filled';",
        f"grant select, insert, update, delete on {place} to ttdb_operator;",
    )


def is_aside(shape: Shape) -> str:
    """Return the promise of ``set_aside``."""
    return (
        "select exists (select from pg_catalog.pg_policy as p"
        f" where p.polrelid = pg_catalog.to_regclass({literal(shape.relation)}) and p.polname = {literal(MEANWHILE)})"
    )


def put_back(shape: Shape) -> str:
    """Return the select of the SQL that undoes ``set_aside``."""
    names = ", ".join(map(literal, shape.arrival.aside)) or "null"
    return _PUT_BACK.format(
        place=qualified(shape.relation),
        relation=literal(shape.relation),
        shown=literal(qualified(shape.relation)),
        as_found=AS_FOUND,
        meanwhile=MEANWHILE,
        triggers=names,
    )


def give_up(shape: Shape) -> tuple[str, ...]:
    """Return the statements after which nothing is left that was there for the filling alone."""
    place = qualified(shape.relation)
    return (
        f"drop trigger {FOUND} on {place};",
        f"drop policy {MEANWHILE} on {place};",
        f"revoke select, insert, update, delete on {place} from ttdb_operator;",
        _GIVE_UP.format(place=place, relation=literal(shape.relation), as_found=AS_FOUND),
    )


def take_again(shape: Shape) -> str:
    """Return the select of the SQL that undoes ``give_up``."""
    query = _TAKE_AGAIN.format(
        place=qualified(shape.relation), relation=literal(shape.relation), as_found=AS_FOUND, meanwhile=MEANWHILE
    )
    return f"{query}\n    || {literal(chr(10) + found_trigger(shape))}"


_SET_ASIDE = """\
do $do$
declare
    v_policy pg_catalog.name;
begin
    for v_policy in
        select p.polname from pg_catalog.pg_policy as p where p.polrelid = pg_catalog.to_regclass({relation})
    loop
        execute pg_catalog.format('drop policy %I on {place}', v_policy);
    end loop;
    if not (select c.relrowsecurity from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass({relation})) then
        create policy {as_found} on {place} using (current_user <> 'ttdb_owner') with check (true);
        comment on policy {as_found} on {place} is 'open to whom it was open, while its rows are filled';
    end if;
end
$do$;"""

_PUT_BACK = f"""\
select pg_catalog.string_agg(s.line, E'\\n' order by s.place, s.line)
from (
    values (1, 'drop policy if exists {{meanwhile}} on {{place}};'),
        (1, 'drop policy if exists {{as_found}} on {{place}};')
    union all
{given_back.OPERATORS_GRANTS}
    union all
{given_back.POLICIES}
    union all
    select 4, pg_catalog.pg_get_triggerdef(g.oid) || ';'
    from pg_catalog.pg_trigger as g
    where g.tgrelid = pg_catalog.to_regclass({{relation}}) and g.tgname in ({{triggers}})
    union all
{given_back.ROW_SECURITY}
) as s (place, line)"""

_GIVE_UP = """\
do $do$
begin
    if exists (
        select from pg_catalog.pg_policy as p
        where p.polrelid = pg_catalog.to_regclass({relation}) and p.polname = '{as_found}'
    ) then
        drop policy {as_found} on {place};
        alter table {place} disable row level security, no force row level security;
    end if;
end
$do$;"""

_TAKE_AGAIN = """\
select 'alter table {place} enable row level security, force row level security;
create policy {meanwhile} on {place} to ttdb_operator using (true) with check (true);
grant select, insert, update, delete on {place} to ttdb_operator;'
    || case when exists (
        select from pg_catalog.pg_policy as p
        where p.polrelid = pg_catalog.to_regclass({relation}) and p.polname = '{as_found}'
    ) then E'\\ncreate policy {as_found} on {place} using (current_user <> ''ttdb_owner'') with check (true);'
    else '' end"""
