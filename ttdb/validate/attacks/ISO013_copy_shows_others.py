'''
code = "ISO013"
name = "copy-shows-others"
severity = "error"
since = "0.1.0"
title = "A copy of another tenant's data is in what a session of one tenant reads"
why = """
A list, a cache, a search index, a spool, a log or a backup has no tenant column that would say whose it is, or a row of
the tenant's own holds what belongs to another. Names, addresses, numbers and keys that only other tenants' rows have
are looked for in everything that the role reads: whole, inside longer text and JSON, as bare digits, in base 64 or as
bytes, hashed, in search vectors; and documents as they stand in another's row, rows in JSON that have the tenant
column, and in a document of one's own a crowd of names. Where nothing else tells rows apart, a column or a key in JSON
that holds nothing but tenants says whose each row is.
"""
bad = """
create table app.mailing as select encode(convert_to(email, 'UTF8'), 'base64') as line from app.customers;
grant select on app.mailing to example_app;
"""
fix = """
drop table app.mailing;
"""
subsumed_by = ["ISO001", "ISO003"]
'''

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.catalog import VIEWS, Relation
from ttdb.validate.evidence import script
from ttdb.validate.ground import source_of
from ttdb.validate.hole import Hole
from ttdb.validate.marks import Cell, marked, row_of_another, to_tenants
from ttdb.validate.personal import Kind, kind_of
from ttdb.validate.taint import Taint, texts_of
from ttdb.validate.world import World

_ROWS, _OWN_ROWS, _LARGE = 2000, 200, 200_000
_ACTORS = 3
_CROWD = 3  # names of others' in one document


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for others' values in all that each role reads."""
    actors = list(world.ground.tenants)[:_ACTORS]  # a copy may be of one tenant's rows alone, who learns nothing by it
    told: set[tuple[str, int]] = set()
    for actor in actors if len(actors) > 1 else ():
        taint = world.taint(actor)
        for role in world.attackers:
            sights = world.reads(role)
            for relation in world.readable(role):
                seen = sights.get(relation.oid)
                if (role, relation.oid) not in told and (seen is None or not (seen.seen or seen.error)):
                    for hole in _relation(world, role, relation, actor, taint):
                        told.add((role, relation.oid))
                        yield hole


def _relation(world: World, role: str, relation: Relation, actor: str, taint: Taint) -> Iterator[Hole]:
    settings, owned = world.context(actor), world.belongs(relation)
    rights = world.rights[role, relation.oid]
    referring = to_tenants(world, relation)  # a tenant that is referred to is no copy of anything
    names = [each.name for each in relation.columns if rights.may_read(each.name) and each.name not in referring]
    if not names:
        return
    columns = sql.SQL(", ").join(
        sql.SQL("to_jsonb(r.{}), md5(to_jsonb(r.{})::text)").format(sql.Identifier(name), sql.Identifier(name))
        for name in names
    )
    statement = sql.SQL("select {} from {} as r limit {}").format(
        columns, relation.identifier, sql.Literal(_OWN_ROWS if owned else _ROWS)
    )
    with world.acting_as(role, settings) as acting:
        rows = acting.attempt(statement).rows
    lines = [[Cell(*each) for each in zip(names, row[::2], row[1::2], strict=True)] for row in rows]
    found = _copied(world, relation, actor, taint, lines) or row_of_another(world, actor, lines)
    if found is None and not owned:
        found = _gathered(taint, lines)
    # Rows that policies or an invoker's rights hold to the tenant may name others: a partner, a sender.
    if found is None and (not owned or (relation.kind in VIEWS and not relation.invoker)):
        found = marked(world, relation, taint, lines)
    if found is not None:
        world.note(role, str(relation), Action.READ, Reach.LEAKS, "ISO013")
        yield _hole(role, relation, found.column, settings, found.digest)


def _copied(world: World, relation: Relation, actor: str, taint: Taint, rows: Sequence[Sequence[Cell]]) -> Cell | None:
    """Return the first cell with a value of another tenant's rows."""
    owned, known = world.belongs(relation), dict[str, bool]()
    lexemes = {each.name for each in relation.columns if each.type == "tsvector"}

    def others(cell: Cell, *, sure: bool) -> Iterator[str]:
        """Return the values in a cell that are others' alone."""
        for text in texts_of(cell.value):
            for canary in taint.found(text, sure=sure, lexemes=cell.column in lexemes):
                if canary not in known:
                    sources = taint.sources(canary)
                    common = owned and (_are_phones(world, relation, cell, sources) or _is_common(world, sources))
                    known[canary] = common or _is_own(world, canary, actor, relation)
                if not known[canary]:
                    yield canary

    for cell in (cell for row in rows for cell in row):
        if next(others(cell, sure=owned), None) is not None:
            return cell
        # One's own document may name somebody who is called as another's, but not a crowd.
        if owned and isinstance(cell.value, dict | list) and len({*others(cell, sure=False)}) >= _CROWD:
            return cell
    return None


def _gathered(taint: Taint, rows: Sequence[Sequence[Cell]]) -> Cell | None:
    """Return a word of a column of single words that was gathered from many names: what a search looks in."""
    for cells in zip(*rows, strict=True):
        words: dict[str, Cell] = {cell.value.lower(): cell for cell in cells if isinstance(cell.value, str)}
        names = [] if any(" " in word for word in words) else taint.gathered(words)
        if len(names) >= _CROWD:
            return words[names[0].split()[0]]
    return None


def _are_phones(world: World, relation: Relation, cell: Cell, sources: Collection[tuple[int, str]]) -> bool:
    """Tell whether a value is a telephone number here and there: of short ones two have the same by chance."""
    places = [(relation, cell.column), *((world.relation(oid), name) for oid, name in sources)]
    kinds = {kind_of(table, each) for table, name in places if (each := table.column(name)) is not None}
    return kinds == {Kind.PHONE}


def _is_common(world: World, sources: Collection[tuple[int, str]]) -> bool:
    """Tell whether a value comes from columns alone in which tenants have the same by chance: slugs, given names."""
    return bool(sources) and all(world.once(("common", *each), partial(_shared, world, *each)) for each in sources)


def _shared(world: World, oid: int, column: str) -> bool:
    """Tell whether two tenants have the same value in a column."""
    source, tenant = source_of(world.found, world.relation(oid), at_most=_LARGE)
    value = sql.SQL("r.{}").format(sql.Identifier(column))
    statement = sql.SQL(
        "select 1 from (select distinct {} as tenant, {} as value from {} where {} is not null) as v"
        " group by v.value having count(*) > 1 limit 1"
    ).format(tenant, value, source, value)
    return bool(world.oversee(statement).rows)


def _is_own(world: World, value: str, actor: str, apart: Relation) -> bool:
    """Tell whether the tenant has the value as well, in a row of another table; trails hold what the others do."""
    beside = {apart.oid, *(trail.relation.oid for trail in world.found.trails)}
    for oid in world.ground.holdings:
        relation = world.relation(oid)
        if oid in beside or relation.root is not None or relation.estimated_rows > _LARGE:
            continue
        source, tenant = source_of(world.found, relation)
        inside = sql.SQL(
            "select 1 from {} where {} = {} and strpos(lower(to_jsonb(r.*)::text), lower({})) > 0 limit 1"
        ).format(source, tenant, sql.Literal(actor), sql.Literal(value))
        if world.oversee(inside).rows:
            return True
    return False


def _hole(role: str, relation: Relation, name: str, settings: Mapping[str, str], value: str) -> Hole:
    """Show the cell by its digest: a report is no place for what it holds."""
    shown = sql.SQL("select 'of another tenant' from {} as r where md5(to_jsonb(r.{})::text) = {} limit 3").format(
        relation.identifier, sql.Identifier(name), sql.Literal(value)
    )
    return Hole(
        object=str(relation),
        role=role,
        detail=f"{role}, working for one tenant, reads a value of another in column {name}",
        cause="copies of tenants' values have no protection",
        evidence=script(role, settings, shown),
    )
