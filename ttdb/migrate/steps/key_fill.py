"""The keys of the rows that stand are entered into a key table, in batches, while its triggers enter those to come."""

from collections.abc import Sequence

from ttdb.migrate.literal import identifier, qualified
from ttdb.migrate.step import Step
from ttdb.migrate.steps.gentle import in_batches


def keys_filled(  # noqa: PLR0913 - each is a fact of the key table
    name: str,
    relation: str,
    keys: str,
    *,
    primary_key: Sequence[str],
    unique: Sequence[str],
    entered: Sequence[str],
    offenders: str | None = None,
) -> Step:
    """Return the step that enters what a key table holds of each row that has a key.

    Args:
        name: of the step.
        relation: the table.
        keys: its key table, whose triggers stand already.
        primary_key: the columns that rows are gone along by.
        unique: the columns whose values are held; a row in which one of them is null has no key.
        entered: the columns of the key table.
        offenders: one select of the rows that have one key with others.

    """
    known = " and ".join(f"t.{identifier(column)} is not null" for column in unique)
    same = " and ".join(f"k.{column} = t.{column}" for column in map(identifier, entered))
    keyed = list(map(identifier, primary_key))
    statement = _FILL.format(
        place=qualified(relation),
        keys=qualified(keys),
        key=", ".join(f"t.{column}" for column in keyed),
        names=", ".join(map(identifier, entered)),
        values=", ".join(f"t.{identifier(column)}" for column in entered),
        last=", ".join(f"v_last.{column}" for column in keyed),
        upto=", ".join(f"v_next.{column}" for column in keyed),
        descending=", ".join(f"l.{column} desc" for column in keyed),
        known=known,
        # The weaker one keeps the primary key from being changed, and no other.
        strength="key share" if set(unique) <= set(primary_key) else "share",
    )
    return Step(
        name=name,
        up=(statement,),
        down=(),
        holds=(
            f"select not exists (select from {qualified(relation)} as t\n"
            f"    where {known} and not exists (select from {qualified(keys)} as k where {same}))"
        ),
        relations=(keys,) if offenders is None else (relation, keys),
        offenders=offenders,
        transaction=False,
        role="ttdb_operator",
        filters_rows=True,
    )


# A row that is being changed or deleted is waited for: a key that it gives up meanwhile is not entered.
_FILL = in_batches(
    """\
    v_first pg_catalog.bool := true;
    v_last record;
    v_next record;""",
    """\
        if v_first then
            select l.* into v_next
            from (select {key} from {place} as t order by {key} limit {rows}) as l order by {descending} limit 1;
        else
            select l.* into v_next
            from (select {key} from {place} as t where ({key}) > ({last}) order by {key} limit {rows}) as l
            order by {descending} limit 1;
        end if;""",
    """\
            if v_first then
                insert into {keys} ({names}) select {values} from {place} as t
                where ({key}) <= ({upto}) and {known} for {strength} on conflict do nothing;
            else
                insert into {keys} ({names}) select {values} from {place} as t
                where ({key}) > ({last}) and ({key}) <= ({upto}) and {known} for {strength} on conflict do nothing;
            end if;
            v_first := false;
            v_last := v_next;""",
)
