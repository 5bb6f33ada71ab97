"""The end of a table's expand stage: its rules as planned, the services' own columns retired, and all of it back.

What is retired is renamed and stays where it is: that takes a moment and rewrites nothing, and the way back gives every
row what it held. Rows that were written since get the services' own values from the wanted ones, in batches, before
the columns have their names back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Contraction, Step
from ttdb.migrate.steps import expansion_rules as rules
from ttdb.migrate.steps import over_months
from ttdb.migrate.steps.contraction_ahead import back_alone, fill, filled_ahead, fills, retired, unmirrored
from ttdb.migrate.steps.expansion import FOLLOW, FOUND, KEEP, Shape, function, trigger_function
from ttdb.migrate.steps.expansion_found import found_trigger


def contraction(shape: Shape, uniques: Sequence[over_months.Unique] = ()) -> Contraction:
    """Return how the table leaves its expand stage; ``uniques``: what is to be unique over all its months."""
    steps = (
        *rules.unique(replace(shape, contracting=True)),
        *rules.constraints(replace(shape, contracting=True)),
        *rules.not_null(replace(shape, contracting=True)),
        *over_months.held(shape, uniques),
        back_alone(shape, "times-again", f"select {literal(f'drop trigger {FOUND} on {qualified(shape.relation)};')}"),
        *_required_again(shape),
        _filled_again(shape),
        _retire(shape),
        *over_months.given_up(shape),
        *filled_ahead(shape),
    )
    opening = _opening(shape)
    return Contraction(
        shape.relation,
        tuple(shape.retired),
        (*opening, *steps),
        computed=tuple(name for name, about in shape.added.items() if about.follows),
        opening=opening,
        impossible=shape.arrival.whole,
    )


def _opening(shape: Shape) -> tuple[Step, ...]:
    """Return the step that takes off the CHECKs that refuse the wanted words; back, they hold for new rows at least."""
    place, names = qualified(shape.relation), shape.arrival.opened
    if not names:
        return ()
    listed = ", ".join(map(literal, names))
    stands = (
        f"from pg_catalog.pg_constraint as k where k.conrelid = pg_catalog.to_regclass({literal(shape.relation)})\n"
        f"    and k.contype = 'c' and k.conname in ({listed})"
    )
    validate = literal(_VALIDATE.format(place=place))
    validated = (
        f"select coalesce(pg_catalog.string_agg(pg_catalog.format({validate}, k.conname),\n"
        f"    E'\\n'), 'select null;')\n{stands} and k.convalidated"
    )
    return (
        back_alone(shape, "validate-again", validated),
        Step(
            name=f"open-{kebab(shape.relation)}",
            up=tuple(f"alter table {place} drop constraint if exists {identifier(name)};" for name in names),
            down=(),
            replaced=(
                "select coalesce(pg_catalog.string_agg(pg_catalog.format(\n"
                f"    'alter table {place} add constraint %I %s not valid;', k.conname,\n"
                "    pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), ' NOT VALID$', '')\n"
                f"), E'\\n'), 'select null;')\n{stands}"
            ),
            holds=f"select not exists (select {stands})",
            relations=(shape.relation,),
        ),
    )


def _required_again(shape: Shape) -> Iterator[Step]:
    """Yield what makes the services' own columns NOT NULL on the way back, by the proof of a validated CHECK."""
    place, proof = qualified(shape.relation), identifier(f"{shape.name}_must_be_as_before")
    standing = (
        "from pg_catalog.pg_attribute as a\n"
        f"where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)}) and a.attnotnull\n"
        f"    and a.attname in ({_listed(shape)})"
    )

    def back(name: str, line: str, between: str, around: str) -> Step:
        collected = f"pg_catalog.string_agg(pg_catalog.format({literal(line)}, a.attname), {between})"
        whole = f"case when pg_catalog.count(*) > 0 then pg_catalog.format({literal(around)}, {collected}) end"
        return back_alone(shape, name, f"select coalesce({whole}, 'select null;')\n{standing}")

    if not shape.retired:
        return
    yield back(
        "required",
        "alter column %I set not null",
        "', '",
        f"alter table {place} %s; alter table {place} drop constraint {proof};",
    )
    yield back("validate", "%I", "', '", f"alter table {place} validate constraint {proof}; --%s")
    yield back(
        "prove", "%I is not null", "' and '", f"alter table {place} add constraint {proof} check (%s) not valid;"
    )


def _filled_again(shape: Shape) -> Step:
    """Return the step whose way back fills the services' own columns where they are behind the wanted ones still."""
    return replace(
        back_alone(shape, "fill-again", None),
        down=fill(shape, fills(shape)),
        transaction=False,
        role="ttdb_operator",
        filters_rows=True,
    )


def _retire(shape: Shape) -> Step:
    place = qualified(shape.relation)
    renamed = "".join(f"        ({literal(old)}, {literal(retired(old))}),\n" for old in shape.retired)
    names = f"(values\n{renamed.rstrip().rstrip(',')}\n    ) as n (own, retired)" if renamed else ""
    follows = _follows(shape)
    return Step(
        name=f"retire-{kebab(shape.relation)}",
        up=(
            f"drop trigger {KEEP} on {place};",
            f"drop trigger if exists {FOUND} on {place};",  # left by a way back that was cut off
            *((_RENAME.format(place=place, relation=literal(shape.relation), names=names),) if names else ()),
            *_defaults(shape),
            *follows,
        ),
        down=(),
        replaced=_unretired(shape, names, drops_follow=bool(follows)),
        holds=(
            "select not exists (select from pg_catalog.pg_trigger as g\n"
            f"    where g.tgrelid = pg_catalog.to_regclass({literal(shape.relation)}) and g.tgname = {literal(KEEP)})"
        ),
        conflicts="\nunion all\n".join(
            (_required_unknown(shape), over_months.over_all_rows(shape), over_months.in_the_way(shape))
        ),
        loses=_stale(shape),
        relations=(shape.relation,),
        functions=(f"{_follow(shape)}()",) if follows else (),
    )


def _defaults(shape: Shape) -> tuple[str, ...]:
    """Return the statement that gives the wanted columns the plan's defaults, which the trigger stood for."""
    parts = []
    for column in shape.definition.columns:
        if column.computed is not None:
            continue
        default = column.server_default
        value = f"set default {default.arg}" if default is not None and hasattr(default, "arg") else "drop default"
        parts.append(f"alter column {identifier(column.name)} {value}")
    return (f"alter table {qualified(shape.relation)}\n    {(',' + chr(10) + '    ').join(parts)};",)


def _follows(shape: Shape) -> tuple[str, ...]:
    """Return the statements that go on computing what a rewrite of the table would have the server compute."""
    computed = "".join(
        f"    t.{identifier(name)} := {about.value};\n" for name, about in shape.added.items() if about.follows
    )
    if not computed:
        return ()
    name, place = _follow(shape), qualified(shape.relation)
    about = literal("computes what is a generated column in a table that was made whole")
    return (
        trigger_function(name, computed),
        f"revoke all on function {name}() from public;",
        f"comment on function {name}() is {about};",
        f"create trigger {FOLLOW} before insert or update on {place} for each row execute function {name}();",
        f"comment on trigger {FOLLOW} on {place} is {about};",
    )


def _unretired(shape: Shape, names: str, *, drops_follow: bool) -> str:
    """Return the select of the SQL that undoes ``_retire``."""
    place = qualified(shape.relation)
    wanted = ", ".join(literal(column.name) for column in shape.definition.columns if column.computed is None)
    lines = [f"drop trigger {FOLLOW} on {place};", f"drop function {_follow(shape)}();"] if drops_follow else []
    lines += [
        *((_NAMED_AGAIN.format(relation=literal(shape.relation), names=names),) if names else ()),
        *unmirrored(shape),
        f"create trigger {KEEP} before insert or update on {place} for each row execute function {function(shape)}();",
        f"comment on trigger {KEEP} on {place} is 'keeps what services write and what is wanted the same';",
        found_trigger(shape),
    ]
    renamed = (
        "    select 1, pg_catalog.format('alter table "
        f"{place} rename column %I to %I;', n.retired, n.own)\n    from {names}\n"
        "    inner join pg_catalog.pg_attribute as a on a.attname = n.own and not a.attisdropped\n"
        f"        and a.attrelid = pg_catalog.to_regclass({literal(shape.relation)})\n    union all\n"
        if names
        else ""
    )
    last = literal(chr(10) + chr(10).join(lines))
    return (
        f"select pg_catalog.string_agg(s.line, E'\\n' order by s.place, s.line) || {last}\n"
        f"from (\n{renamed}"
        f"    select 2, pg_catalog.format('alter table {place} alter column %I %s;', a.attname, coalesce(\n"
        "        'set default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'drop default'))\n"
        "    from pg_catalog.pg_attribute as a\n"
        "    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum\n"
        f"    where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)}) and a.attname in ({wanted})\n"
        ") as s (place, line)"
    )


def _required_unknown(shape: Shape) -> str:
    """Return the select of columns that the plan's writers leave out, and that would refuse them then."""
    known = ", ".join(literal(name) for name in (*(each.name for each in shape.definition.columns), *shape.retired))
    return (
        f"select {literal(shape.relation)}, pg_catalog.format("
        "'column %I is required and has no default: who writes the plan''s columns alone is refused', a.attname),\n"
        "    'Give it a default, or name it in the table''s file, under [spare] or as one of [contract] columns.'\n"
        f"from pg_catalog.pg_attribute as a where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)})\n"
        "    and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef and a.attidentity = ''\n"
        f"    and a.attname not in ({known})"
    )


def _stale(shape: Shape) -> str | None:
    """Return the select of how many rows' own columns cannot be told from the wanted ones that were written since."""
    lost = {name: about for name, about in shape.added.items() if about.of and not about.back}
    if not lost:
        return None
    own = ", ".join(f"r.{identifier(retired(old))} as {identifier(old)}" for old in shape.retired)
    return "\nunion all\n".join(
        f"select pg_catalog.format('%s rows of {shape.relation} have a {name} that {', '.join(about.of)} do not say',"
        f" pg_catalog.count(*))\nfrom (select r.*, {own} from {qualified(shape.relation)} as r) as t\n"
        f"where t.{identifier(name)} is distinct from ({about.value})\nhaving pg_catalog.count(*) > 0"
        for name, about in lost.items()
    )


def _listed(shape: Shape) -> str:
    return ", ".join(map(literal, shape.retired))


def _follow(shape: Shape) -> str:
    return f"ttdb.tg_{shape.relation.replace('.', '_')}__follow"


# Rows that were written since may break it: it is left as it is then, and named.
_VALIDATE = """\
do $do$
begin
    alter table {place} validate constraint %I;
exception when check_violation then
    null;
end
$do$;"""

# An index that a conversion made meanwhile has its columns by the names that it found.
_NAMED_AGAIN = """\
do $do$
declare
    v_column record;
begin
    for v_column in
        select i.indexrelid::pg_catalog.regclass as index, n.own, n.retired
        from {names}
        inner join pg_catalog.pg_index as i on i.indrelid = pg_catalog.to_regclass({relation})
        inner join pg_catalog.pg_attribute as a on a.attrelid = i.indexrelid and a.attname = n.retired
    loop
        execute pg_catalog.format(
            'alter table %s rename %I to %I', v_column.index, v_column.retired, v_column.own);
    end loop;
end
$do$;"""

_RENAME = """\
do $do$
declare
    v_column record;
begin
    for v_column in
        select n.own, n.retired
        from {names}
        inner join pg_catalog.pg_attribute as a on a.attname = n.own and not a.attisdropped
            and a.attrelid = pg_catalog.to_regclass({relation})
    loop
        execute pg_catalog.format('alter table {place} alter column %I drop not null', v_column.own);
        execute pg_catalog.format('alter table {place} rename column %I to %I', v_column.own, v_column.retired);
    end loop;
end
$do$;"""
