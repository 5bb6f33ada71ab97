"""Lines of a script that keep triggers from doing again what is in the files already."""

from collections.abc import Sequence

from psycopg import sql

from ttdb.seed.generic import Written
from ttdb.seed.generic.speaks import CHANGED, is_among, tables

_STATES = """\
-- What these tables' own triggers do to each other's rows is in the files: they do not run here, and are as they were
-- when all is loaded. The login must own the tables.
create temporary table seed_triggers on commit drop as
select t.tgrelid::pg_catalog.regclass as relation, t.tgname as name, t.tgenabled as state
from pg_catalog.pg_trigger as t
where not t.tgisinternal and t.tgenabled <> 'D' and exists (
    select from pg_catalog.unnest(array[{tables}]::pg_catalog.regclass[]) as r (relation)
    where t.tgrelid = r.relation
        or t.tgrelid in (select p.relid from pg_catalog.pg_partition_tree(r.relation) as p)
);"""
_EACH = """\
do $seed$
declare
    t record;
begin
    for t in select * from pg_temp.seed_triggers loop
        execute pg_catalog.format({how});
    end loop;
end
$seed$;"""
_OFF = "'alter table only %s disable trigger %I', t.relation, t.name"
_ON = (
    "'alter table only %s enable %s trigger %I', t.relation,"
    " case t.state when 'A' then 'always' when 'R' then 'replica' else '' end, t.name"
)


def is_wanted(written: Written) -> bool:
    """Say whether triggers change rows that are in the files as well, or add some to them."""
    plans = [plan for plan in written.scope.plans if plan.table.oid not in written.by_triggers]
    return bool(written.topped_up) or any(
        is_among(other.table, tables(plan.table, CHANGED)) for plan in plans for other in plans if other is not plan
    )


def off(names: Sequence[str]) -> list[str]:
    """Return the lines that switch the triggers of tables off."""
    listed = ", ".join(map(sql.quote, names))
    return [_STATES.format(tables=listed), _EACH.format(how=_OFF)]


def on() -> list[str]:
    """Return the lines that switch them on again; what waits is asked before, since no table is altered until then."""
    return ["set constraints all immediate;", _EACH.format(how=_ON)]
