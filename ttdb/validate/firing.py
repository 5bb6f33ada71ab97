"""A trigger's function fired from a table of one's own: who may execute it makes a trigger of it, and gives it rows."""

import json
import re
from collections.abc import Sequence

from psycopg import sql

from ttdb.validate.catalog import Relation
from ttdb.validate.discover.trails import DELETE, INSERT, UPDATE, Trigger
from ttdb.validate.ground import Row
from ttdb.validate.outcomes import Statement
from ttdb.validate.world import World

_MAY = sql.SQL(
    "select p.proacl is null from pg_catalog.pg_proc as p"
    " where p.oid = {1} and has_function_privilege({0}, p.oid, 'execute')"
    " and has_schema_privilege({0}, p.pronamespace, 'usage')"
    " and has_database_privilege({0}, current_database(), 'temporary')"
)
_VERBS, _ROW = {INSERT: "insert", UPDATE: "update", DELETE: "delete"}, 1
_PASSED = re.compile(r"\bREFERENCING\b.*?(?= FOR EACH )")


def may_fire(world: World, role: str, trigger: Trigger) -> bool | None:
    """Tell whether a role may fire it from a temporary table, by PostgreSQL's own grant alone; None where it may not.

    The function's owner may do what it does without it.
    """
    if role == trigger.owner:
        return None
    answer = world.oversee(_MAY.format(sql.Literal(role), sql.Literal(trigger.function)))
    return bool(answer.rows[0][0]) if answer.rows else None


def withdrawn(trigger: Trigger, role: str) -> str:
    """Return the SQL by which a role may fire it no more."""
    form = sql.SQL("revoke execute on function {} from public, {};")
    return form.format(sql.SQL(trigger.name), sql.Identifier(role)).as_string(None)


def firing(trigger: Trigger, relation: Relation, row: Row) -> Sequence[Statement]:
    """Return what makes a table with the columns of one that the trigger is on, puts it there, and fires it.

    The table is called as that one: the function may ask for the name.
    """
    columns = [each for each in relation.columns if each.name in row]
    made = [sql.SQL("{} {}").format(sql.Identifier(each.name), sql.SQL(each.type)) for each in columns]
    # Conditions are the other table's; a trigger of one's own has none.
    called = trigger.definition.rpartition(" EXECUTE ")[2]
    passed = _PASSED.search(trigger.definition)
    how = f"{passed[0]} " if passed else ""
    verbs = " or ".join(verb for bit, verb in _VERBS.items() if trigger.kind & bit)
    each = "row" if trigger.kind & _ROW else "statement"
    kind = sql.SQL("create trigger qz_own after {} on pg_temp.{} {}for each {} execute {}")
    line, own = sql.Literal(json.dumps(dict(row), default=str)), sql.Identifier(relation.name)
    return (
        sql.SQL("create temporary table {} ({})").format(own, sql.SQL(", ").join(made)),
        kind.format(*map(sql.SQL, (verbs,)), own, *map(sql.SQL, (how, each, called))),
        sql.SQL("insert into pg_temp.{0} select * from jsonb_populate_record(null::pg_temp.{0}, {1}::jsonb)").format(
            own, line
        ),
        sql.SQL("update pg_temp.{0} set {1} = {1}").format(own, sql.Identifier(columns[0].name)),
        sql.SQL("delete from pg_temp.{}").format(own),
    )
