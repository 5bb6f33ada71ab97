"""The way back out of the contract stage: retired columns are filled before services have them back, and kept so.

A service that reads and writes its own columns again must find in them what was written since. So they are filled under
the name that they are retired by, while a trigger fills what is written meanwhile; only then are they renamed.
"""

import re
from dataclasses import replace

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps.expansion import Shape, trigger_function
from ttdb.migrate.steps.gentle import in_batches

MIRROR, TIMES = "_041_mirror", "zz_901_mirror_times"  # before the table's own, and after them
_LONGEST_NAME = 63
_BACK_ALONE = "is done by the way back alone"
_ABOUT = "keeps what services are to have back in step with what is wanted, until they have it"


def back_alone(shape: Shape, name: str, replaced: str | None) -> Step:
    """Return a step that does something on the way back alone."""
    return Step(
        name=f"{name}-{kebab(shape.relation)}",
        up=(f"select {literal(f'{name} {_BACK_ALONE}')};",),
        down=(),
        replaced=replaced,
        holds="select true",
        always=True,
        relations=(shape.relation,),
    )


def retired(column: str) -> str:
    """Return the name that a column is retired by."""
    return f"retired_{column}"[:_LONGEST_NAME]


def filled_ahead(shape: Shape) -> tuple[Step, ...]:
    """Return the steps whose way back, in its order, keeps retired columns in step and fills them."""
    due = fills(shape)
    if not due:
        return ()
    down = fill(shape, [(retired(old), _renamed(shape, value), _renamed(shape, when)) for old, value, when in due])
    filling = replace(
        back_alone(shape, "fill-ahead", None), down=down, transaction=False, role="ttdb_operator", filters_rows=True
    )
    # Up, they clear away what a way back left that was given up.
    return filling, replace(back_alone(shape, "mirror", None), up=unmirrored(shape), down=_mirrored(shape))


def unmirrored(shape: Shape) -> tuple[str, ...]:
    """Return the statements that take the triggers away."""
    place = qualified(shape.relation)
    return (
        *(f"drop trigger if exists {name} on {place};" for name in (MIRROR, TIMES)),
        *(f"drop function if exists {_function(shape, name)}();" for name in ("mirror", "mirror_times")),
    )


def fill(shape: Shape, due: list[tuple[str, str, str]]) -> tuple[str, ...]:
    """Return the statement that fills columns in short transactions: of each its name, value, and when it is due."""
    if not due:
        return ()
    sets = ", ".join(
        f"{identifier(column)} = case when {when} then {value} else t.{identifier(column)} end"
        for column, value, when in due
    )
    keys = list(map(identifier, shape.key))
    statement = _FILL.format(
        place=qualified(shape.relation),
        sets=sets,
        behind=" or ".join(dict.fromkeys(when for _, _, when in due)),
        keys=", ".join(f"t.{column}" for column in keys),
        last=", ".join(f"v_last.{column}" for column in keys),
        upto=", ".join(f"v_next.{column}" for column in keys),
        descending=", ".join(f"l.{column} desc" for column in keys),
    )
    return (statement,)


def fills(shape: Shape) -> list[tuple[str, str, str]]:
    """Return the services' own columns, what they get of the wanted ones, and when they are behind these."""
    found = [
        (old, value, f"t.{identifier(name)} is distinct from ({about.value})")
        for name, about in shape.added.items()
        for old, value in about.back.items()
    ]
    follows = {name for name, _, _ in found}
    return found + [
        (name, given.value, f"t.{identifier(name)} is null")
        for name, given in shape.given.items()
        if name in shape.retired and name not in follows
    ]


def _renamed(shape: Shape, text: str) -> str:
    """Return an expression over a row ``t`` whose columns are retired."""
    for old in shape.retired:
        text = re.sub(rf"\bt\.{re.escape(identifier(old))}(?!\w)", f"t.{identifier(retired(old))}", text)
    return text


def _mirrored(shape: Shape) -> tuple[str, ...]:
    place, statements = qualified(shape.relation), []
    body = "".join(
        f"    if tg_op = 'INSERT' or t.{identifier(name)} is distinct from o.{identifier(name)} then\n"
        + "".join(f"        t.{identifier(retired(old))} := {_renamed(shape, v)};\n" for old, v in about.back.items())
        + "    end if;\n"
        for name, about in shape.added.items()
        if about.back
    )
    for name, given in shape.given.items():
        if name in shape.retired:
            column = f"t.{identifier(retired(name))}"
            body += f"    {column} := coalesce({column}, {_renamed(shape, given.value)});\n"
    times = "".join(f"    t.{c} := o.{c};\n" for c in map(identifier, shape.arrival.times))
    parts = [("mirror", MIRROR, "insert or update", "", body)]
    if times:  # a backfill is no change of the row
        parts.append(("mirror_times", TIMES, "update", "when (current_user = 'ttdb_operator') ", times))
    for kind, trigger, event, when, lines in parts:
        name = _function(shape, kind)
        statements += [
            trigger_function(name, lines),
            f"revoke all on function {name}() from public;",
            f"comment on function {name}() is {literal(_ABOUT)};",
            f"create trigger {trigger} before {event} on {place} for each row {when}execute function {name}();",
            f"comment on trigger {trigger} on {place} is {literal(_ABOUT)};",
        ]
    return tuple(statements)


def _function(shape: Shape, kind: str) -> str:
    return f"ttdb.tg_{shape.relation.replace('.', '_')}__{kind}"


_FILL = in_batches(
    """\
    v_first pg_catalog.bool := true;
    v_last {place}%rowtype;
    v_next {place}%rowtype;""",
    """\
        if v_first then
            select l.* into v_next
            from (select t.* from {place} as t order by {keys} limit {rows}) as l order by {descending} limit 1;
        else
            select l.* into v_next
            from (select t.* from {place} as t where ({keys}) > ({last}) order by {keys} limit {rows}) as l
            order by {descending} limit 1;
        end if;""",
    """\
            if v_first then
                update {place} as t set {sets} where ({keys}) <= ({upto}) and ({behind});
            else
                update {place} as t set {sets} where ({keys}) > ({last}) and ({keys}) <= ({upto}) and ({behind});
            end if;
            v_first := false;
            v_last := v_next;""",
)
