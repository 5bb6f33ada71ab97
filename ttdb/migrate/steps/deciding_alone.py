"""Repairs of a column by which nothing else becomes of the rows: a trigger stands for as long as one takes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ttdb.migrate.decided import Decided
from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step

_REPAIR = "zz_910_alone_"  # after all others of the table, and after the one of its backfill


def changing_nothing_else(each: Decided, column: str, steps: Sequence[Step]) -> Iterator[Step]:
    """Yield steps that repair a column with those by which nothing else becomes of the rows, nor on the way back."""
    trigger, shown = identifier(_trigger(column)), qualified(each.table)
    differs = f"old.{identifier(column)} is distinct from new.{identifier(column)}"
    made = (
        f"create trigger {trigger} before update on {shown} for each row\n"
        f"when (current_user = 'ttdb_operator' and {differs})\n"
        f"execute function ttdb.tg__fill_alone({literal(column)});\n"
        f"comment on trigger {trigger} on {shown} is 'a repair changes nothing else of the row, and can be undone';"
    )
    gone = _alone_no_more(each, column)
    yield Step(
        name=f"alone-{kebab(each.table)}-{kebab(column)}",
        up=(made,),
        down=gone.up,
        holds=f"select {_stands_alone(each, column)}",
        relations=(each.table,),
    )
    yield from steps
    yield replace(gone, down=(made,))


def no_longer_alone(each: Decided, column: str) -> Step:
    """Return the step that takes off what a repair had in place that was given up; passed over where there is none."""
    return replace(_alone_no_more(each, column), needed=f"select {_stands_alone(each, column)}")


def _alone_no_more(each: Decided, column: str) -> Step:
    """Return the step that takes off what a repair, ended or given up, had in place for its time."""
    return Step(
        name=f"alone-no-more-{kebab(each.table)}-{kebab(column)}",
        up=(f"drop trigger if exists {identifier(_trigger(column))} on {qualified(each.table)};",),
        down=(),
        holds=f"select not {_stands_alone(each, column)}",
        always=True,
        relations=(each.table,),
    )


def _stands_alone(each: Decided, column: str) -> str:
    return (
        "exists (select from pg_catalog.pg_trigger as t"
        f" where t.tgrelid = pg_catalog.to_regclass({literal(each.table)}) and t.tgname = {literal(_trigger(column))})"
    )


def _trigger(column: str) -> str:
    return f"{_REPAIR}{column}"[:63]
