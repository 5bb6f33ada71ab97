"""Indexes as steps, and what the planner is told beside them."""

from collections.abc import Iterator
from dataclasses import replace

from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step


def index(  # noqa: PLR0913 - an index is this many facts
    name: str, relation: str, columns: str, *, comment: str, where: str | None = None, unique: bool = False
) -> Step:
    """Return a step that builds an index without blocking writers.

    Args:
        name: without schema.
        relation: schema-qualified table; of a partitioned one, see ``monthly_index``.
        columns: in parentheses, as pg_get_indexdef() prints them, in any case: ``(tenant_id, created_at desc)``.
        comment: the query it serves or the rule it keeps.
        where: the predicate of a partial index.
        unique: whether it keeps values unique.

    """
    return _concurrently(_index(name, relation, columns, comment, where, unique=unique))


def monthly_index(name: str, relation: str, columns: str, *, comment: str, where: str | None = None) -> Step:
    """Return a step that builds an index on a partitioned table and on each of its partitions, old and new.

    For a table that is new and empty: it blocks writers while it builds, because PostgreSQL builds no index of a
    partitioned table CONCURRENTLY. The arguments are those of ``index``.
    """
    return _index(name, relation, columns, comment, where, unique=False)


def beside_writers(*steps: Step) -> Iterator[Step]:
    """Yield monthly indexes for a table that may stand whole and in use: ``*beside_writers(monthly_index(...), ...)``.

    There each is built CONCURRENTLY first, and then found. Where the table is partitioned, nothing is done before it.
    """
    for step in steps:
        (relation,) = step.relations
        whole = (
            "select exists (select from pg_catalog.pg_class as c"
            f" where c.oid = pg_catalog.to_regclass({literal(relation)}) and c.relkind = 'r')"
        )
        yield replace(_concurrently(step), name=f"build-{step.name}", prepares=step.name, needed=whole)
        yield step


def _concurrently(step: Step) -> Step:
    """Return the step that builds the same index without blocking writers."""
    (create, remark), (drop,) = step.up, step.down
    drop = drop.replace("drop index ", "drop index concurrently if exists ", 1)
    return replace(
        step,
        # A build that was killed leaves an INVALID index behind: it is dropped and built again.
        up=(drop, create.replace(" index ", " index concurrently ", 1), remark),
        down=(drop,),
        transaction=False,
    )


def _index(  # noqa: PLR0913 - an index is this many facts
    name: str, relation: str, columns: str, comment: str, where: str | None, *, unique: bool
) -> Step:
    place = qualified(relation.split(".", 1)[0] + "." + name)
    condition = f"\nwhere {where}" if where else ""
    like = _index_like(relation, place, columns, where, unique=unique)
    return Step(
        name=f"index-{kebab(name)}",
        up=(
            (
                f"create {'unique ' if unique else ''}index {identifier(name)}\n"
                f"on {qualified(relation)} {columns}{condition};"
            ),
            f"comment on index {place} is {literal(comment)};",
        ),
        down=(f"drop index {place};",),
        holds=f"select exists (\n{like}\n)",
        conflicts=_name_taken(relation, place, like),
        relations=(relation,),
    )


def determined_tenant(relation: str, *columns: str) -> Step:
    """Return a step that tells the planner that each of these columns determines the row's tenant.

    Without it, a condition on a column and the policy's on the tenant count as independent: a big event's orders are
    taken for a two-hundredth of what they are, and sorted instead of read in order.

    Args:
        relation: schema-qualified table; of a partitioned one, partitions made later have it too.
        columns: such as user_id, each of which points at a row of the same tenant.

    """
    space, table_name = relation.split(".", 1)
    place = qualified(f"{space}.{'_'.join((table_name, 'tenant_id', *columns))[:58]}_stat")
    listed = ", ".join(identifier(column) for column in ("tenant_id", *columns))
    names = text_array(sorted(("tenant_id", *columns)))
    return Step(
        name=f"statistics-{kebab(relation)}",
        up=(
            f"create statistics {place} (dependencies) on {listed} from {qualified(relation)};",
            f"comment on statistics {place} is 'each of these columns determines the row''s tenant';",
        ),
        down=(f"drop statistics {place};",),
        holds=(
            "select exists (\n    select from pg_catalog.pg_statistic_ext as s\n"
            f"    where s.stxrelid = pg_catalog.to_regclass({literal(relation)}) and 'f' = any(s.stxkind)\n"
            # The server keeps them in the table's order, which need not be ours.
            "        and (select pg_catalog.array_agg(a.attname order by a.attname) from pg_catalog.pg_attribute as a\n"
            f"            where a.attrelid = s.stxrelid and a.attnum = any(s.stxkeys)) = {names}::pg_catalog.name[]\n)"
        ),
        relations=(relation,),
    )


def _index_like(relation: str, place: str, columns: str, where: str | None, *, unique: bool) -> str:
    """Return the select of the index that a step promises: of its predicate only that there is one."""
    return (
        "    select from pg_catalog.pg_index as i\n"
        f"    where i.indexrelid = pg_catalog.to_regclass({literal(place)})\n"
        f"        and i.indrelid = pg_catalog.to_regclass({literal(relation)}) and i.indisvalid\n"
        f"        and {'' if unique else 'not '}i.indisunique and i.indpred is {'not ' if where else ''}null\n"
        "        and pg_catalog.strpos(pg_catalog.lower(pg_catalog.pg_get_indexdef(i.indexrelid)) || ' ',\n"
        f"            {literal(f' using btree {columns.lower()} ')}) > 0"
    )


def _name_taken(relation: str, place: str, like: str) -> str:
    return (
        f"select {literal(place)}, case when i.indrelid = pg_catalog.to_regclass({literal(relation)})\n"
        "    then 'it stands with another definition: ' || pg_catalog.pg_get_indexdef(i.indexrelid)\n"
        "    else 'the name is taken by another table''s ' || case c.relkind\n"
        "    when 'i' then 'index' when 'I' then 'index' else 'relation' end end, 'Rename it.'\n"
        "from pg_catalog.pg_class as c\n"
        "left join pg_catalog.pg_index as i on i.indexrelid = c.oid\n"
        f"where c.oid = pg_catalog.to_regclass({literal(place)})\n"
        # One of ours that was killed is INVALID: the step drops it and builds it again.
        f"    and (i.indrelid is distinct from pg_catalog.to_regclass({literal(relation)}) or i.indisvalid)\n"
        f"    and not exists (\n{like}\n)"
    )
