"""The SQL that keeps what rows held before they were filled, and gives it back."""

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.steps.expansion import FOUND, GIVES_BACK, Shape, trigger_function
from ttdb.migrate.steps.gentle import in_batches


def found_kept(shape: Shape) -> tuple[str, ...]:
    """Return the statements by which a backfill leaves times alone, and what it replaces can be given back."""
    place, name, aside = qualified(shape.relation), found_function(shape), as_found(shape)
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
        trigger_function(name, _kept_as_found(shape)),
        f"revoke all on function {name}() from public;",
        f"comment on function {name}() is 'a backfill is no change of the row, and can be undone';",
        found_trigger(shape),
    )


def found_trigger(shape: Shape) -> str:
    """Return the statements that make the trigger, last of the table's and for the operator's backfill alone."""
    place = qualified(shape.relation)
    return (
        f"create trigger {FOUND} before update on {place} for each row\n"
        f"when (current_user = 'ttdb_operator') execute function {found_function(shape)}();\n"
        f"comment on trigger {FOUND} on {place} is 'a backfill is no change of the row, and can be undone';"
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
    return f"{keep}    if {GIVES_BACK} then\n{back or '        null;' + chr(10)}{record}    end if;\n"


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
    )
    return (statement,)


def found_function(shape: Shape) -> str:
    """Return the name of its function."""
    return f"ttdb.tg_{shape.relation.replace('.', '_')}__keep_found"


_GIVE_BACK = in_batches(
    "    v_last record;",
    """\
        select l.* into v_last
        from (select {key} from {aside} order by {key} limit {rows}) as l order by {descending} limit 1;""",
    """\
            perform pg_catalog.set_config('ttdb.gives_back', 'on', true);
            update {place} as t set {sets} from {aside} as f where {same} and ({keys}) <= ({upto});
            delete from {aside} as f where ({keys}) <= ({upto});""",
)
