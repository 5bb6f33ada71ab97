"""The SQL of an expansion: what is set aside, added, kept equal, filled, compared and given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from ttdb.migrate.arrival import NOTHING, Added, Arrival, Given
from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.steps.table import Allowed, differences, named_constraints, type_of

MEANWHILE, AS_FOUND = "all_operator_meanwhile", "all_as_found"
_KEEP, _FOUND = "_040_keep_both", "zz_900_keep_found"  # before all others of the table, and after them
_GIVES_BACK = "pg_catalog.current_setting('ttdb.gives_back', true) = 'on' and current_user = 'ttdb_operator'"
_NUMBERS = ("numeric", "integer", "bigint")
_Kind = TypeVar("_Kind", bound=sa.Constraint)


@dataclass(frozen=True, slots=True)
class Shape:
    """The wanted table, and what is known of the one that stands."""

    definition: sa.Table
    relation: str
    added: dict[str, Added]
    given: dict[str, Given]
    arrival: Arrival

    @classmethod
    def of(cls, definition: sa.Table, arrival: Arrival) -> "Shape":
        """Return it; a required column with a default is given that where the file says nothing else."""
        primary = {column.name for column in definition.primary_key.columns}
        given = {
            column.name: Given(str(column.server_default.arg), f"t.{identifier(column.name)} is null")
            for column in definition.columns
            if not column.nullable
            and column.name not in {*primary, *arrival.nullable}
            and isinstance(column.server_default, sa.DefaultClause)
        }
        given |= arrival.given
        added = dict(arrival.added)
        return cls(
            definition,
            f"{definition.schema or 'public'}.{definition.name}",
            added,
            {name: about for name, about in given.items() if name not in added},
            arrival,
        )

    @property
    def name(self) -> str:
        """Return the table's name without its schema."""
        return str(self.definition.name)

    @property
    def required(self) -> list[str]:
        """Return the columns that may not be null."""
        primary = {column.name for column in self.definition.primary_key.columns}
        free = {*primary, *self.arrival.nullable}
        return [column.name for column in self.definition.columns if not column.nullable and column.name not in free]

    def constraints(self, kind: type[_Kind]) -> list[_Kind]:
        """Return the named constraints of a kind that do not wait for the contract stage."""
        named = named_constraints(self.definition)
        return [each for each in named if isinstance(each, kind) and str(each.name) not in self.waiting]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the constraints that wait for the contract stage: what services are not known to obey."""
        checks = [
            str(each.name)
            for each in named_constraints(self.definition)
            if isinstance(each, sa.CheckConstraint) and str(each.name) not in self.arrival.rules
        ]
        return (*checks, *self.arrival.later)

    @property
    def key(self) -> list[str]:
        """Return the columns of the primary key."""
        return [column.name for column in self.definition.primary_key.columns]

    def keyed(self, names: Sequence[str]) -> bool:
        """Tell whether these columns hold the primary key, so that no two rows have them the same."""
        return {column.name for column in self.definition.primary_key.columns} <= set(names)


def condition(rule: sa.CheckConstraint) -> str:
    """Return what a CHECK asks."""
    return str(rule.sqltext)


def target(key: sa.ForeignKeyConstraint) -> str:
    """Return the table that a foreign key points at."""
    return str(key.elements[0].target_fullname.rsplit(".", 1)[0])


def function(shape: Shape) -> str:
    """Return the name of the trigger function that keeps both shapes."""
    return f"ttdb.tg_{shape.relation.replace('.', '_')}__keep_both"


def trigger_stands(shape: Shape) -> str:
    """Return the condition that the table is in its expand stage."""
    return (
        "exists (select from pg_catalog.pg_trigger as g\n"
        f"    where g.tgrelid = pg_catalog.to_regclass({literal(shape.relation)}) and g.tgname = {literal(_KEEP)}\n"
        f"        and g.tgfoid = pg_catalog.to_regprocedure({literal(function(shape) + '()')}) and g.tgenabled = 'O')"
    )


def contracted(names: str) -> str:
    """Return the select that tells that none of these tables is in its expand stage."""
    return (
        "select not exists (select from pg_catalog.pg_trigger as g\n"
        f"    where g.tgname = {literal(_KEEP)}\n"
        "        and g.tgrelid in (select pg_catalog.to_regclass(n)"
        f" from pg_catalog.unnest(array[{names}]) as n))"
    )


# What is set aside, and put back --------------------------------------------------------------------------------------


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
        f"drop trigger {_FOUND} on {place};",
        f"drop policy {MEANWHILE} on {place};",
        f"revoke select, insert, update, delete on {place} from ttdb_operator;",
        _GIVE_UP.format(place=place, relation=literal(shape.relation), as_found=AS_FOUND),
    )


def take_again(shape: Shape) -> str:
    """Return the select of the SQL that undoes ``give_up``."""
    query = _TAKE_AGAIN.format(
        place=qualified(shape.relation), relation=literal(shape.relation), as_found=AS_FOUND, meanwhile=MEANWHILE
    )
    return f"{query}\n    || {literal(chr(10) + _found_trigger(shape))}"


# Columns, and what keeps them -----------------------------------------------------------------------------------------


def add_columns(shape: Shape) -> tuple[str, ...]:
    """Return the statements that add the wanted columns that do not stand, and keep all of them from then on."""
    place = qualified(shape.relation)
    columns = {column.name: column for column in shape.definition.columns}
    adds = [f"add column if not exists {identifier(name)} {_full_type(column)}" for name, column in columns.items()]
    about = (
        f"comment on column {place}.{identifier(name)} is {literal(columns[name].comment or '')};"
        for name in shape.added
        if columns[name].comment
    )
    keep = function(shape)
    made = [
        f"alter table {place}\n    {(',' + chr(10) + '    ').join(adds)};",
        *about,
        _function(keep, _kept(shape)),
        f"revoke all on function {keep}() from public;",
        f"comment on function {keep}() is 'keeps what services write and what is wanted the same';",
        f"create trigger {_KEEP} before insert or update on {place} for each row execute function {keep}();",
        f"comment on trigger {_KEEP} on {place} is 'keeps what services write and what is wanted the same';",
    ]
    return (*made, *_found_kept(shape))


def _found_kept(shape: Shape) -> tuple[str, ...]:
    """Return the statements by which a backfill leaves times alone, and what it replaces can be given back."""
    place, name, aside = qualified(shape.relation), _found_function(shape), as_found(shape)
    key = ", ".join(map(identifier, shape.key))
    return (
        f"create table {aside} as select {key} from {place} with no data;",
        f"alter table {aside} add column found jsonb not null, add column given jsonb not null;",
        f"alter table {aside} add primary key ({key});",
        f"alter table {aside} enable row level security, force row level security;",
        f"create policy all_operator on {aside} to ttdb_operator using (true) with check (true);",
        f"comment on policy all_operator on {aside} is 'for operators alone: these rows may be any tenant''s';",
        f"grant select, insert, update, delete on {aside} to ttdb_operator;",
        f"comment on table {aside} is {literal(f'what rows of {shape.relation} held before they were filled')};",
        _function(name, _kept_as_found(shape)),
        f"revoke all on function {name}() from public;",
        f"comment on function {name}() is 'a backfill is no change of the row, and can be undone';",
        _found_trigger(shape),
    )


def _found_trigger(shape: Shape) -> str:
    place = qualified(shape.relation)
    return (
        f"create trigger {_FOUND} before update on {place} for each row\n"
        f"when (current_user = 'ttdb_operator') execute function {_found_function(shape)}();\n"
        f"comment on trigger {_FOUND} on {place} is 'a backfill is no change of the row, and can be undone';"
    )


def _kept_as_found(shape: Shape) -> str:
    aside = as_found(shape)
    same = " and ".join(f"f.{column} = old.{column}" for column in map(identifier, shape.key))
    keep = "".join(f"    new.{c} := old.{c};\n" for c in map(identifier, shape.arrival.times))
    back = "".join(
        f"        new.{identifier(column)} := (select {_found(shape, column, 'old')} from {aside} as f where {same});\n"
        for column in shape.arrival.times
        if column in shape.given
    )
    keys = ", ".join(f"old.{column}" for column in map(identifier, shape.key))
    record = (
        f"    elsif ({_values('new', shape)}) is distinct from ({_values('old', shape)}) then\n"
        f"        insert into {aside} values ({keys}, {_as_json('old', shape)}, {_as_json('new', shape)})\n"
        "        on conflict do nothing;\n"
        if shape.given
        else ""
    )
    return f"{keep}    if {_GIVES_BACK} then\n{back or '        null;' + chr(10)}{record}    end if;\n"


def _found(shape: Shape, column: str, row: str) -> str:
    """Return what a column of a row goes back to: what it was found with, where it is still what it was given."""
    was = f"pg_catalog.jsonb_populate_record(null::{qualified(shape.relation)}, f.found)"
    return (
        f"case when pg_catalog.to_jsonb({row}) -> {literal(column)} = f.given -> {literal(column)}"
        f" then ({was}).{identifier(column)} else {row}.{identifier(column)} end"
    )


def _values(row: str, shape: Shape) -> str:
    return ", ".join(f"{row}.{identifier(column)}" for column in shape.given)


def _as_json(row: str, shape: Shape) -> str:
    pairs = ", ".join(f"{literal(column)}, {row}.{identifier(column)}" for column in shape.given)
    return f"pg_catalog.jsonb_build_object({pairs})"


def as_found(shape: Shape) -> str:
    """Return the table that holds what rows held before they were filled."""
    return f"ttdb.{shape.relation.replace('.', '_')}_as_found"


def give_back(shape: Shape) -> tuple[str, ...]:
    """Return the statement that gives rows back what they held, but where it was changed since; in short transactions.

    Bears being stopped and run again: what is given back is not in the table aside any more.
    """
    if not shape.given:
        return ()
    place, aside = qualified(shape.relation), as_found(shape)
    key = ", ".join(map(identifier, shape.key))
    same = " and ".join(f"t.{column} = f.{column}" for column in map(identifier, shape.key))
    sets = ", ".join(f"{identifier(column)} = {_found(shape, column, 't')}" for column in shape.given)
    upto = ", ".join(f"v_last.{column}" for column in map(identifier, shape.key))
    keys = ", ".join(f"f.{column}" for column in map(identifier, shape.key))
    descending = ", ".join(f"{column} desc" for column in map(identifier, shape.key))
    statement = _GIVE_BACK.format(
        place=place,
        aside=aside,
        key=key,
        keys=keys,
        same=same,
        sets=sets,
        upto=upto,
        descending=descending,
        rows=_ROWS_GIVEN_BACK,
    )
    return (statement,)


def drop_columns(shape: Shape) -> str:
    """Return the select of the SQL that undoes ``add_columns``."""
    place = qualified(shape.relation)
    lines = [
        f"drop trigger {_KEEP} on {place};",
        f"drop function {function(shape)}();",
        f"drop trigger if exists {_FOUND} on {place};",
        f"drop function {_found_function(shape)}();",
        f"drop table {as_found(shape)};",
    ]
    return (
        f"select {literal(chr(10).join(lines))} || coalesce((\n"
        f"    select pg_catalog.string_agg(pg_catalog.format(E'\\nalter table %s drop column %I;',"
        f" {literal(place)}, m.name), '')\n    from (\n{missing(shape)}\n    ) as m\n), '')"
    )


def missing(shape: Shape) -> str:
    """Return the select of the wanted columns that do not stand."""
    names = ", ".join(literal(column.name) for column in shape.definition.columns)
    return (
        f"    select w.name from pg_catalog.unnest(array[{names}]) as w (name)\n"
        "    where not exists (select from pg_catalog.pg_attribute as a\n"
        f"        where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)}) and a.attname = w.name\n"
        "            and not a.attisdropped)"
    )


def nullable(shape: Shape, names: Sequence[str]) -> str:
    """Return the select of those of these columns that may be null."""
    return (
        "    select a.attname as name from pg_catalog.pg_attribute as a\n"
        f"    where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)}) and not a.attnotnull\n"
        f"        and a.attname in ({', '.join(map(literal, names))}) and not a.attisdropped"
    )


def nullable_again(shape: Shape, names: Sequence[str], proof: str, known: str) -> str:
    """Return the select of the SQL that undoes NOT NULL, and brings back the CHECK that proved it."""
    place = qualified(shape.relation)
    back = f"alter table {place} add constraint {identifier(proof)} check ({known}) not valid;"
    return (
        f"select {literal(back)} || coalesce((\n"
        f"    select pg_catalog.string_agg(pg_catalog.format(E'\\nalter table %s alter column %I drop not null;',"
        f" {literal(place)}, n.name), '')\n    from (\n{nullable(shape, names)}\n    ) as n\n), '')"
    )


def _full_type(column: sa.Column[object]) -> str:
    collation = getattr(column.type, "collation", None)
    return type_of(column) + (f" collate pg_catalog.{identifier(collation)}" if collation else "")


def _found_function(shape: Shape) -> str:
    return f"ttdb.tg_{shape.relation.replace('.', '_')}__keep_found"


def _function(name: str, body: str) -> str:
    return (
        f"create function {name}() returns trigger\nlanguage plpgsql\nvolatile\nparallel unsafe\nsecurity invoker\n"
        f"set search_path = ''\nas $function$\ndeclare\n    t alias for new;\n    o alias for old;\nbegin\n"
        f"{body}    return new;\nend;\n$function$;"
    )


def _kept(shape: Shape) -> str:
    """Return what the trigger does: a value that was left out is made, one that was written is written back."""
    lines = [f"    if {_GIVES_BACK} then\n        return new;\n    end if;\n"]
    lines += [
        f"    if {about.unset} then\n        t.{identifier(name)} := {about.value};\n    end if;\n"
        for name, about in shape.given.items()
    ]
    lines += [_added(identifier(name), about) for name, about in shape.added.items()]
    return "".join(lines)


def _added(name: str, about: Added) -> str:
    if about.follows:
        return f"    t.{name} := {about.value};\n"
    if about.value == NOTHING:
        return ""
    sources = (*about.of, *about.back)
    make = f"        t.{name} := {about.value};\n"
    if not sources:
        return f"    if t.{name} is null then\n{make}    end if;\n"
    moved = " or ".join(f"t.{identifier(old)} is distinct from o.{identifier(old)}" for old in sources)
    back = "".join(f"        t.{identifier(old)} := {value};\n" for old, value in about.back.items())
    written = f"    elsif t.{name} is distinct from ({about.value}) then\n{back}" if back else ""
    return (
        f"    if tg_op = 'INSERT' and t.{name} is null\n"
        f"        or tg_op = 'UPDATE' and t.{name} is not distinct from o.{name} and ({moved}) then\n"
        f"{make}{written}    end if;\n"
    )


# Rows -----------------------------------------------------------------------------------------------------------------


def filling(shape: Shape) -> tuple[str, str]:
    """Return the assignments of the backfill, and which rows need it."""
    sets, needs = [], []
    for name, about in shape.given.items():
        sets.append(
            f"{identifier(name)} = case when {about.unset} then coalesce(({about.value}), t.{identifier(name)})"
            f" else t.{identifier(name)} end"
        )
        needs.append(f"(({about.unset}) and ({about.value}) is not null)")
    for name, more in shape.added.items():
        if more.value == NOTHING:
            continue
        column = identifier(name)
        equal = more.follows or more.back
        sets.append(f"{column} = ({more.value})" if equal else f"{column} = coalesce(t.{column}, {more.value})")
        needs.append(
            f"(t.{column} is distinct from ({more.value}))"
            if equal
            else f"(t.{column} is null and ({more.value}) is not null)"
        )
    return ",\n    ".join(sets), "\n    or ".join(needs)


def as_they_will_be(shape: Shape) -> str:
    """Return the query of the rows as the filling will make them, before any column is added.

    Who fills them is in no tenant's context, nor may the function that tells it stand yet.
    """
    given = ", ".join(
        f"{literal(name)}, case when {about.unset} then {about.value} else t.{identifier(name)} end"
        for name, about in shape.given.items()
    )
    columns = {column.name: column for column in shape.definition.columns}
    added = [f"({about.value})::{type_of(columns[name])} as {identifier(name)}" for name, about in shape.added.items()]
    row = f"pg_catalog.jsonb_populate_record(t, pg_catalog.jsonb_build_object({given}))" if given else "(select t.*)"
    query = (
        f"(\n    select p.*{', d.*' if added else ''}\n    from {qualified(shape.relation)} as t\n"
        f"    cross join lateral {row} as p\n"
        + (f"    cross join lateral (select {', '.join(added)}) as d\n" if added else "")
        + ")"
    )
    return query.replace("ttdb.tenant_id()", "null")


def unequal(shape: Shape) -> str | None:
    """Return the select that names each tenant and column whose old and new values differ, or None without such."""
    columns = {column.name: column for column in shape.definition.columns}
    tenant = "t.tenant_id" if "tenant_id" in columns else "null"
    parts = []
    for name, about in shape.added.items():
        if not about.back:
            continue
        new, old = f"t.{identifier(name)}", f"({about.value})"
        total = type_of(columns[name]).startswith(_NUMBERS)
        sums = (
            f"pg_catalog.sum({new}), pg_catalog.sum({old})"
            if total
            else f"pg_catalog.count({new}), pg_catalog.count({old})"
        )
        differ = f" or pg_catalog.sum({new}) is distinct from pg_catalog.sum({old})" if total else ""
        parts.append(
            f"select pg_catalog.format('tenant %s: {name} has %s, the services'' own %s', {tenant}, {sums})\n"
            f"from {qualified(shape.relation)} as t\ngroup by {tenant}\n"
            f"having pg_catalog.count(*) filter (where {new} is distinct from {old}) > 0{differ}"
        )
    return "\nunion all\n".join(parts) or None


def hopeless(shape: Shape) -> str:
    """Return the select of what an expansion cannot bring the standing table to."""
    allowed = Allowed(tuple(column.name for column in shape.definition.columns), _all_but_primary(shape))
    valued = {*shape.added, *shape.given}
    fillable = {column.name for column in shape.definition.columns if column.name in valued or column.nullable} | set(
        shape.arrival.nullable
    )
    names = ", ".join(map(literal, sorted(fillable))) or "null"
    return (
        f"select * from (\n{differences(shape.definition, shape.relation, allowed)}\n) as d (object, detail, advice)\n"
        f"where not exists (select from pg_catalog.unnest(array[{names}]) as f (name)\n"
        "    where d.detail like pg_catalog.format('column %I %% is missing', f.name))"
    )


def _all_but_primary(shape: Shape) -> tuple[str, ...]:
    primary = shape.definition.primary_key.name
    return tuple(str(each.name) for each in named_constraints(shape.definition) if each.name != primary)


_ROWS_GIVEN_BACK = 1000  # at a time

_GIVE_BACK = """\
do $do$
declare
    v_last record;
begin
    loop
        perform pg_catalog.set_config('row_security', 'on', true);
        select l.* into v_last
        from (select {key} from {aside} order by {key} limit {rows}) as l order by {descending} limit 1;
        exit when not found;
        perform pg_catalog.set_config('ttdb.gives_back', 'on', true);
        update {place} as t set {sets} from {aside} as f where {same} and ({keys}) <= ({upto});
        delete from {aside} as f where ({keys}) <= ({upto});
        commit;
    end loop;
end
$do$;"""

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

_PUT_BACK = """\
select pg_catalog.string_agg(s.line, E'\\n' order by s.place, s.line)
from (
    values (1, 'drop policy if exists {meanwhile} on {place};'),
        (1, 'drop policy if exists {as_found} on {place};')
    union all
    select 2, pg_catalog.format('revoke %s on {place} from ttdb_operator;', v.verb)
    from pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as v (verb)
    where not exists (
        select from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as a
        where c.oid = pg_catalog.to_regclass({relation}) and a.privilege_type = pg_catalog.upper(v.verb)
            and pg_catalog.pg_get_userbyid(a.grantee) = 'ttdb_operator'
    )
    union all
    select 3, pg_catalog.format(
        'create policy %I on {place} as %s for %s to %s%s%s;', p.policyname, p.permissive, p.cmd, (
            select pg_catalog.string_agg(
                case when r = 'public' then 'public' else pg_catalog.quote_ident(r) end, ', '
            )
            from pg_catalog.unnest(p.roles) as r
        ), coalesce(' using (' || p.qual || ')', ''), coalesce(' with check (' || p.with_check || ')', ''))
    from pg_catalog.pg_policies as p
    inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass({relation}) and c.relname = p.tablename
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname = p.schemaname
    union all
    select 4, pg_catalog.pg_get_triggerdef(g.oid) || ';'
    from pg_catalog.pg_trigger as g
    where g.tgrelid = pg_catalog.to_regclass({relation}) and g.tgname in ({triggers})
    union all
    select 5, pg_catalog.format('alter table {place} %s row level security, %s row level security;',
        case when c.relrowsecurity then 'enable' else 'disable' end,
        case when c.relforcerowsecurity then 'force' else 'no force' end)
    from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass({relation})
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
