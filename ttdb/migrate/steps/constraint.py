"""Constraints of a table in use: added for new rows, the old ones settled, then validated."""

from collections.abc import Sequence
from dataclasses import dataclass

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Backfill, Step
from ttdb.migrate.steps.aside import (
    cascades,
    changed_back,
    completed,
    dropped_when_empty,
    lacking,
    moved,
    moved_back,
    quarantine_table,
    repaired,
    repaired_table,
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Rows that break it stop the upgrade, with their keys named, before its first change."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Rows that break it are changed by a rule that has a name."""

    name: str  # in kebab-case: lower-case-statuses
    set: str  # assignments, in terms of the row ``t``
    undone: bool = False  # True to note what the rows held, and to give it back on the way down


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Rows that break it are moved to a table beside theirs, ``<table>_quarantine``, and back on the way down."""


Choice = Stop | Repair | Quarantine
STOP = Stop()


def check(relation: str, name: str, condition: str, *, comment: str, otherwise: Choice = STOP) -> tuple[Step, ...]:
    """Return the steps that keep a CHECK on a table in use: ``*check("public.orders", "orders_total_...", "...")``.

    Args:
        relation: schema-qualified table.
        name: of the constraint; it reads as the rule.
        condition: what every row must fulfil, in terms of its columns.
        comment: the message for a person.
        otherwise: what becomes of rows that break it.

    """
    return _steps(relation, name, f"check ({condition})", f"({condition}) is false", comment, otherwise)


def foreign_key(  # noqa: PLR0913 - a foreign key is this many facts
    relation: str,
    name: str,
    columns: Sequence[str],
    target: str,
    target_columns: Sequence[str],
    *,
    comment: str,
    ondelete: str = "restrict",
    otherwise: Choice = STOP,
) -> tuple[Step, ...]:
    """Return the steps that keep a foreign key of a table in use; the arguments are those of ``check``.

    PostgreSQL's own look at the rows is made as the owner, whom forced row security shows none: so the orphans are
    looked for as an operator, who sees all, before the key counts as validated.
    """
    own = ", ".join(identifier(column) for column in columns)
    theirs = ", ".join(identifier(column) for column in target_columns)
    present = " and ".join(f"t.{identifier(column)} is not null" for column in columns)
    same = " and ".join(
        f"r.{identifier(other)} = t.{identifier(column)}" for column, other in zip(columns, target_columns, strict=True)
    )
    return _steps(
        relation,
        name,
        f"foreign key ({own}) references {qualified(target)} ({theirs}) on delete {ondelete}",
        f"{present} and not exists (select from {qualified(target)} as r where {same})",
        comment,
        otherwise,
    )


def _steps(  # noqa: PLR0913, PLR0917 - what the two kinds have in common
    relation: str, name: str, definition: str, broken: str, comment: str, otherwise: Choice
) -> tuple[Step, ...]:
    place, quoted = qualified(relation), identifier(name)
    stops, validating = isinstance(otherwise, Stop), f"validate-{kebab(name)}"
    add = Step(
        name=f"constraint-{kebab(name)}",
        up=(
            f"alter table {place} add constraint {quoted} {definition} not valid;",
            f"comment on constraint {quoted} on {place} is {literal(comment)};",
        ),
        # Somebody may have dropped it by hand: the rest of the way back is not to wait for that.
        down=(f"alter table {place} drop constraint if exists {quoted};",),
        holds=f"select exists ({_standing(relation, name)})",
        relations=(relation,),
        offenders=offenders_of(relation, broken) if stops else None,
        remade_for=validating,
    )
    validate = Step(
        name=validating,
        up=(f"alter table {place} validate constraint {quoted};",),
        down=(),
        holds=f"select exists ({_standing(relation, name)} and k.convalidated)",
        relations=(relation,),
        offenders=offenders_of(relation, broken),
        mends_offenders=not stops,
        filters_rows=True,  # else PostgreSQL's own look at a foreign key's rows, as the owner, is an error
    )
    # Before it stands, because it refuses every change of a row that breaks it; and again for those of meanwhile.
    before = _settled(relation, name, broken, otherwise, "")
    after = _settled(relation, name, broken, otherwise, "-again")
    aside = _aside(relation, name, otherwise, after[-1].name if after else "")
    return (*aside, *before, add, *after, validate)


def _standing(relation: str, name: str) -> str:
    return (
        "select from pg_catalog.pg_constraint as k"
        f" where k.conrelid = pg_catalog.to_regclass({literal(relation)}) and k.conname = {literal(name)}"
    )


def _settled(relation: str, name: str, broken: str, otherwise: Choice, again: str) -> tuple[Step, ...]:
    if isinstance(otherwise, Stop):
        return ()
    place = qualified(relation)
    if isinstance(otherwise, Repair):
        kept = repaired(relation) if otherwise.undone else None
        what = Backfill(relation, otherwise.set, broken, reason=name, kept=kept)
        statement = f"update {place} as t set {otherwise.set} where {broken};"
        title = f"repair-{kebab(otherwise.name)}{again}"
    else:
        what = Backfill(relation, "", broken, into=f"{relation}_quarantine", reason=name)
        statement = moved(relation, name, broken)
        title = f"quarantine-{kebab(name)}{again}"
    return (
        Step(
            name=title,
            up=(statement,),
            down=(),
            holds=f"select not exists (select from {place} as t where {broken})",
            relations=(relation,),
            transaction=False,
            backfill=what,
        ),
    )


def _aside(relation: str, name: str, otherwise: Choice, used_by: str) -> tuple[Step, ...]:
    """Return the steps that make the quarantine, and that put its rows back once the constraint is gone again.

    So too of what a repair notes of the rows that it changes. ``used_by`` is the last step that puts rows there.
    """
    if isinstance(otherwise, Quarantine):
        title, aside = "quarantine", f"{relation}_quarantine"
        made, conflicts, back = quarantine_table(relation), cascades(relation), moved_back(relation, name)
    elif isinstance(otherwise, Repair) and otherwise.undone:
        title, aside = "repaired", repaired(relation)
        made, conflicts, back = repaired_table(relation), None, changed_back(relation, name)
    else:
        return ()
    return (
        Step(
            name=f"{title}-table-{kebab(name)}",
            up=(made,),
            # It stays while rows of another constraint lie in it.
            down=(dropped_when_empty(relation, aside),),
            holds=f"select pg_catalog.to_regclass({literal(aside)}) is not null",
            conflicts=conflicts,
            relations=(aside,),
            remade_for=used_by,
        ),
        *((_completed(relation, name),) if title == "quarantine" else ()),
        Step(
            name=f"give-back-{kebab(name)}",
            up=("select 'rows are given back by the way down';",),
            down=(back,),
            holds="select true",
            always=True,
            relations=(relation,),
            transaction=title != "quarantine",  # whose rows come back in batches
        ),
    )


def _completed(relation: str, name: str) -> Step:
    """Return the step that lets a quarantine which stood from before take rows as they are now."""
    return Step(
        name=f"quarantine-columns-{kebab(name)}",
        up=(completed(relation),),
        down=(),
        holds=f"select not exists (\n    {lacking(relation)}\n)",
        relations=(f"{relation}_quarantine",),
    )


def offenders_of(relation: str, broken: str, rows: str | None = None) -> str:
    """Return the select of the keys of the rows that break it, in words; ``rows``: as a query has them, not yet so."""
    otherwise = "'a row'" if rows else "t.ctid::pg_catalog.text"
    return (
        f"select coalesce({_key_in_words(relation, 't.*')}, {otherwise})\n"
        f"from {rows or qualified(relation)} as t where {broken}"
    )


def offenders_of_any(relation: str, rules: Sequence[tuple[str, str]], rows: str) -> str:
    """Return the select of the keys of the rows that break some of these rules, with which: in one go along the rows.

    Args:
        relation: schema-qualified table.
        rules: of each what it is, in words, and the condition of a row ``t`` that breaks it.
        rows: the query of the rows as they will be; ``found`` is each as it is.

    """
    any_ = "\n    or ".join(f"({broken})" for _, broken in rules)
    each = ",\n    ".join(f"({literal(what)}, ({broken}))" for what, broken in rules)
    return (
        f"select coalesce({_key_in_words(relation, 't.found')}, 'a row') || ': ' || r.what\n"
        f"from (select t.* from {rows} as t where {any_}) as t\n"
        f"cross join lateral (values {each}) as r (what, broken)\nwhere r.broken"
    )


def _key_in_words(relation: str, row: str) -> str:
    return (
        "(\n"
        "    select pg_catalog.string_agg(pg_catalog.format('%s=%s', a.attname,\n"
        f"        pg_catalog.to_jsonb({row}) ->> a.attname::pg_catalog.text), ', ' order by p.place)\n"
        "    from pg_catalog.pg_index as i\n"
        "    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as p (attnum, place)\n"
        "    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = p.attnum\n"
        f"    where i.indrelid = pg_catalog.to_regclass({literal(relation)}) and i.indisprimary\n"
        ")"
    )
