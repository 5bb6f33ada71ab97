"""Lines of a script that keep triggers from doing again what is in the files already."""

import re
from collections.abc import Sequence

from psycopg import sql

from ttdb.seed.generic import Written
from ttdb.shape import Table

_WRITES = re.compile(r"\b(?:insert\s+into|update(?:\s+only)?|delete\s+from|merge\s+into)\s+([\w.\"]+)", re.IGNORECASE)
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
        _names(plan.table) & {name for other in plans if other is not plan for name in _called(other.table)}
        for plan in plans
    )


def off(tables: Sequence[str]) -> list[str]:
    """Return the lines that switch the triggers of tables off."""
    names = ", ".join(sql.quote(table) for table in tables)
    return [_STATES.format(tables=names), _EACH.format(how=_OFF)]


def on() -> list[str]:
    """Return the lines that switch them on again; what waits is asked before, since no table is altered until then."""
    return ["set constraints all immediate;", _EACH.format(how=_ON)]


def _names(table: Table) -> set[str]:
    return {name.replace('"', "") for source in table.triggers for name in _WRITES.findall(source)}


def _called(table: Table) -> tuple[str, str]:
    return table.name, str(table)
