"""Turn a sight into a statement that shows it: few rows, and of them only the tenant and the key."""

from collections.abc import Mapping

from psycopg import sql

from ttdb.validate.catalog import Relation
from ttdb.validate.conditions import contains, line_of
from ttdb.validate.ground import Canary
from ttdb.validate.world import World

_SHOWN = 3
_MATCHES = 20
_TEXTS, _LONG_ENOUGH = 100, 12  # looked for inside longer values
_READ = 5000  # rows of a table that is nobody's, as far as its columns tell


def rows(world: World, relation: Relation, role: str, condition: sql.Composable) -> sql.Composed:
    """Return the select that shows the rows which meet a condition on ``r``."""
    rights = world.rights[role, relation.oid]
    names = [world.found.tenant_columns.get(relation.oid), *relation.key]
    shown = [name for name in dict.fromkeys(names) if name is not None and rights.may_read(name)]
    columns = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in shown)
    return sql.SQL("select {} from {} as r where {} limit {}").format(
        columns if shown else sql.SQL("1"), relation.identifier, condition, sql.Literal(_SHOWN)
    )


def foreign_rows(
    world: World, relation: Relation, role: str, settings: Mapping[str, str], actor: str
) -> sql.Composed | None:
    """Return a select that shows another tenant's rows to the role; None where what it saw is its own after all."""
    own = world.by_owner(role, relation, actor)
    if own is not None:
        statement = rows(world, relation, role, own)
        with world.acting_as(role, settings) as acting:
            if acting.attempt(statement).rows:
                return statement
    canary = _matching(world, relation, role, settings, actor)
    if canary is None:
        return None
    return rows(world, relation, role, contains(relation, world.rights[role, relation.oid], [canary.value]))


def copied_rows(
    world: World, relation: Relation, role: str, settings: Mapping[str, str], actor: str
) -> sql.Composed | None:
    """Return a select that shows others' values inside longer ones: joined, in other case, as bytes; None without."""
    texts = [each for value, each in world.canaries(actor).items() if len(value) >= _LONG_ENOUGH][:_TEXTS]
    wanted = {form: each for each in texts for form in (each.value.lower(), each.value.encode().hex())}
    line = line_of(relation, world.rights[role, relation.oid])
    readable = [each.name for each in relation.columns if world.rights[role, relation.oid].may_read(each.name)]
    if not wanted or not readable:
        return None
    statement = sql.SQL(
        "select distinct w.form from (select {} from {} limit {}) as r,"
        " lateral pg_catalog.jsonb_path_query({}, 'strict $.**') as v (v), unnest({}::text[]) as w (form)"
        " where jsonb_typeof(v.v) = 'string' and strpos(lower(v.v #>> '{{}}'), w.form) > 0 limit {}"
    ).format(
        sql.SQL(", ").join(sql.Identifier(name) for name in readable),
        relation.identifier,
        sql.Literal(_READ),
        line,
        sql.Literal(list(wanted)),
        sql.Literal(_MATCHES),
    )
    with world.acting_as(role, settings) as acting:
        seen = [row[0] for row in acting.attempt(statement).rows]
    form = next((form for form in seen if not _shared(world, wanted[form])), None)
    if form is None:
        return None
    inside = sql.SQL("strpos(lower({}::text), {}) > 0").format(line, sql.Literal(form))
    return rows(world, relation, role, inside)


def _matching(world: World, relation: Relation, role: str, settings: Mapping[str, str], actor: str) -> Canary | None:
    """Return a value that the role saw and that no row of the actor's has."""
    canaries = world.canaries(actor)
    statement = sql.SQL(
        "select distinct v.v #>> '{{}}' from {} as r, lateral pg_catalog.jsonb_path_query({}, 'strict $.**') as v (v)"
        " where v.v #>> '{{}}' = any({}) limit {}"
    ).format(
        relation.identifier,
        line_of(relation, world.rights[role, relation.oid]),
        sql.Literal(list(canaries)),
        sql.Literal(_MATCHES),
    )
    with world.acting_as(role, settings) as acting:
        seen = [canaries[row[0]] for row in acting.attempt(statement).rows]
    keys_first = sorted(
        seen, key=lambda canary: (canary.column not in world.relation(canary.relation).key, canary.value)
    )
    return next((canary for canary in keys_first if not _shared(world, canary)), None)


def _shared(world: World, canary: Canary) -> bool:
    """Tell whether rows of other tenants hold the value too: then it says nothing."""
    column = world.found.tenant_columns.get(canary.relation)
    if column is None:
        return False
    found = world.oversee(
        sql.SQL("select 1 from {} as r where r.{} = {} and r.{}::text <> {} limit 1").format(
            world.relation(canary.relation).identifier,
            sql.Identifier(canary.column),
            sql.Literal(canary.value),
            sql.Identifier(column),
            sql.Literal(canary.tenant),
        )
    )
    return bool(found.rows) or not found.done
