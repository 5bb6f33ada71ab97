"""Tables that stand beside the platform's own, as a committed file decides: closed first, then opened to their tenants.

Each table is closed to all but operators in its first moment, with what stood there on record for the way back. One
whose rows are tenants' then gets their tenant beside what its services write. No INSERT is refused for want of one:
only where a foreign key leads to the tenant is a row never without; elsewhere one that leads nowhere stays, and nobody
but an operator sees it. One that points at another tenant's row is refused. Where a table does not stand, nothing of
this is done, recorded or printed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ttdb.migrate.decided import NULL_IT, QUARANTINE, Decided, File, Key, Way
from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Backfill, Step, Written
from ttdb.migrate.steps import deciding_access as access
from ttdb.migrate.steps.aside import changed_back, dropped_when_empty, repaired
from ttdb.migrate.steps.constraint import STOP, Choice, Quarantine, Repair, check, foreign_key
from ttdb.migrate.steps.deciding_alone import changing_nothing_else, no_longer_alone
from ttdb.migrate.steps.deciding_conflicts import column_stands, unmaskable
from ttdb.migrate.steps.deciding_rows import DECIDED, tenant_of, unset
from ttdb.migrate.steps.gentle import in_batches
from ttdb.migrate.steps.index import index
from ttdb.migrate.steps.tenancy import Place, never_without
from ttdb.migrate.steps.verbs import audited, masked_columns

_FILL, _ALONE = "_050_fill_tenant", "zz_900_fill_alone"  # the latter after all others of the table
_NONE = "'ffffffff-ffff-ffff-ffff-ffffffffffff'"  # no tenant: what is compared with it differs


def as_decided(file: File, *, nobody: tuple[str, ...] = ()) -> Iterator[Step]:
    """Yield the steps that do what a file decides on the tables that stood on arrival: ``*as_decided(decided())``.

    Args:
        file: the decisions.
        nobody: what services write as the tenant of a row that is none's.

    """
    for each in file.ordered:
        steps = [access.closed(each), *_opened(each, file, nobody)]
        yield replace(steps[0], stands=(each.table,), prepares=DECIDED, settles=(DECIDED,))
        chain = file.chain(each)
        for step in steps[1:]:
            # What rows hold is looked at once they are filled; before that, as it will be: see ``obeyed``.
            stands = (*chain, *step.stands)
            yield replace(step, stands=stands, prepares=DECIDED, mends_offenders=step.offenders is not None)
        for step in _kept_so(each):
            yield replace(step, stands=chain, prepares=DECIDED)
    # What somebody makes under one of these names later is no arrival. Who runs what was printed for an empty database
    # where such a table stands is stopped here, before it counts as decided.
    open_ones = _OPEN.format(tables=text_array(file.tables))
    yield Step(
        name=DECIDED,
        up=("select 'the tables that stood here are as the file decides';", _ALL_DECIDED.format(open_ones=open_ones)),
        down=(),
        holds=f"select not exists (\n{open_ones}\n)",
        always=True,
        conflicts=open_ones,
    )


def taken_off(*relations: str) -> Iterator[Step]:
    """Yield the steps that take off tables what anybody but the group roles may do there, where anybody may."""
    needed = access.any_held(relations)
    for relation in relations:
        yield replace(access.taken_off(relation), stands=(relation,), needed=needed, prepares=DECIDED)


def _opened(each: Decided, file: File, nobody: tuple[str, ...]) -> Iterator[Step]:
    if each.belongs == "global":
        yield access.shared(each)
    if each.worker and not each.apart:
        yield access.worked(each)
    if not each.apart:
        return
    if each.way is not None:
        beyond = file.tables.get(each.way.parent)
        tenant = beyond.column if beyond else "tenant_id"
        yield _column(each, each.way, tenant, nobody)
        found = tenant_of(each.way, "t", f"p.{identifier(tenant)}", as_text=each.as_text)
        yield _fill(each, found, nobody)
        if each.required:
            place = Place(each.table, each.column)
            steps = never_without(place, _choice(each, each.column))
            yield from _chosen(each, each.column, place.named("must_be_known"), steps)
    yield _by_tenant(each)
    for relation, column, other in sorted(file.pointed_at):
        if relation == each.table:
            yield index(
                _named(each, "key", other),
                relation,
                f"({identifier(column)}, {identifier(other)})",
                comment="a row by its tenant and key",
                unique=True,
            )
    for key in each.keys:
        yield from _kept_with(each, key, file)
    filled, again = each.way is not None, _alone(each, stood=each.belongs == "own")
    yield access.opened(each, (_drop_alone(each),) if filled else (), (again,) if filled else ())


def _kept_so(each: Decided) -> Iterator[Step]:
    """Yield the steps for what else shall become of a table: rules that its rows obey, the trail, what support sees."""
    for name, rule in each.checks:
        place, called = qualified(each.table), identifier(each.table.split(".", 1)[1])
        later = f"(select t.*, null::pg_catalog.uuid as {identifier(each.column)} from {place} as t) as {called}"
        written = replace(
            _written(each, f"its rule {name}", f"select from {place} where ({rule})"),
            later=f"select from {later} where ({rule})",
        )
        yield from _asked(check(each.table, name, rule, comment=name.replace("_", " ")), written)
    if each.audit:
        yield audited(each.table, exclude=each.excluded or None)
    if each.mask:
        yield replace(masked_columns(each.table, **each.mask), conflicts=unmaskable(each))


def _column(each: Decided, way: Way, tenant: str, nobody: tuple[str, ...]) -> Step:
    """Return the step that adds the tenant's column, unless it stands, and the triggers by which it is filled."""
    shown, column = qualified(each.table), identifier(each.column)
    words = (each.column, qualified(way.parent), tenant, way.column, way.parent_column)
    arguments = ", ".join(map(literal, words))
    drops = (_drop_alone(each), f"drop trigger {_FILL} on {shown};")
    gone = f"alter table {shown} drop column {column};"
    return Step(
        name=f"column-{kebab(each.table)}",
        up=(
            _added(each, way) if each.belongs == "parent" else _alone(each, stood=True),
            (
                f"create trigger {_FILL} before insert or update of {identifier(way.column)} on {shown}\n"
                f"for each row when ({_unset('new', each, nobody)})\n"
                f"execute function ttdb.tg__fill_tenant({arguments});"
            ),
            f"comment on trigger {_FILL} on {shown} is 'gives a row that names no tenant the one it belongs to';",
        ),
        down=(*drops, *((gone,) if each.belongs == "parent" else ())),
        # What stood goes on standing.
        replaced=(
            f"select {literal(chr(10).join(drops))} || case when {column_stands(each)} then '' else {literal(gone)} end"
        ),
        holds=(
            "select exists (\n    select from pg_catalog.pg_trigger as t\n"
            f"    where t.tgrelid = pg_catalog.to_regclass({literal(each.table)}) and t.tgname = {literal(_FILL)}\n"
            "        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__fill_tenant()') and t.tgenabled = 'O'\n)"
        ),
        relations=(each.table,),
    )


def _added(each: Decided, way: Way) -> str:
    """Return the statement that adds the column; one that stands is taken as it is, and what it held is kept."""
    shown, column = qualified(each.table), identifier(each.column)
    about = f"whose row it is: as of its row in {way.parent}"
    return (
        f"do $do$ begin\n    if {column_stands(each)} then\n        {_alone(each, stood=True)}\n    else\n"
        f"        alter table {shown} add column {column} uuid;\n"
        f"        comment on column {shown}.{column} is {literal(about)};\n"
        f"        {_alone(each, stood=False)}\n    end if;\nend $do$;"
    )


def _fill(each: Decided, found: str, nobody: tuple[str, ...]) -> Step:
    """Return the backfill; a row that leads to no tenant stays without, seen by operators alone."""
    column, place = identifier(each.column), qualified(each.table)
    set_ = f"{column} = ({found})"
    where = f"({_unset('t', each, nobody)}) and ({found}) <> coalesce(t.{column}, {_NONE})"
    return Step(
        name=f"fill-{kebab(each.table)}",
        up=(f"update {place} as t set {set_} where {where};",),
        down=(_given_back(each),),
        holds=f"select not exists (select from {place} as t where {where})",
        relations=(each.table,),
        transaction=False,
        backfill=Backfill(each.table, set_, where),
        role="ttdb_operator",
        filters_rows=True,
    )


def _by_tenant(each: Decided) -> Step:
    """Return the step that indexes rows by tenant, and by what leads to it, unless indexes do already."""
    further = (each.way.column,) if each.way else ()
    led = [f"{_column_at(0)} = {literal(each.column)}"]
    led += [_by(each, column) for column in further if any(key.column == column for key in each.keys)]
    return _led(each, further, "the rows of a tenant", *led)


def _by_key(each: Decided, key: Key) -> Iterator[Step]:
    """Yield the step that indexes rows by what a key names, unless an index does: else each delete there scans."""
    if each.way is None or key.column != each.way.column:
        yield _led(each, (key.column,), f"rows of one in {key.parent}", _by(each, key.column))


def _by(each: Decided, column: str) -> str:
    """Return the condition that an index finds rows by a column, alone or in their tenant."""
    here, tenant = literal(column), literal(each.column)
    return f"({_column_at(0)} = {here} or {_column_at(0)} = {tenant} and {_column_at(1)} = {here})"


def _led(each: Decided, further: tuple[str, ...], comment: str, *led: str) -> Step:
    """Return the step that indexes the tenant and further columns, unless there is an index that is as each says."""
    columns = ", ".join(map(identifier, (each.column, *further)))
    made = index(_named(each, "idx", *further), each.table, f"({columns})", comment=comment)
    standing = "\n    and ".join(
        "exists (\n    select from pg_catalog.pg_index as l\n"
        f"    where l.indrelid = pg_catalog.to_regclass({literal(each.table)}) and l.indisvalid\n"
        f"        and l.indpred is null and {how}\n)"
        for how in led
    )
    return replace(made, holds=f"{made.holds}\n    or {standing}")


def _column_at(place: int) -> str:
    """Return the query of the name of a column of the index ``l``."""
    return (
        "(select a.attname from pg_catalog.pg_attribute as a"
        f" where a.attrelid = l.indrelid and a.attnum = l.indkey[{place}])"
    )


def _kept_with(each: Decided, key: Key, file: File) -> Iterator[Step]:
    """Yield the steps that let a foreign key keep the tenant too, as the one that stands keeps the row."""
    beyond = file.tables.get(key.parent)
    name = _named(each, "fkey", key.column)
    steps = foreign_key(
        each.table,
        name,
        [each.column, key.column],
        key.parent,
        [beyond.column if beyond else "tenant_id", key.parent_column],
        comment=f"it belongs to another tenant's row in {key.parent}",
        ondelete=key.action,
        otherwise=_choice(each, key.column),
    )
    nulled = each.settled(key.column).word == NULL_IT
    chosen = changing_nothing_else(each, key.column, steps) if nulled else _chosen(each, key.column, name, steps)
    for step in (*_by_key(each, key), *chosen):
        yield replace(step, stands=(key.parent,))


def _chosen(each: Decided, column: str, name: str, steps: Sequence[Step]) -> Iterator[Step]:
    """Yield the steps of a constraint, asking first for the SQL of a repair; and what an earlier choice left."""
    said = each.settled(column)
    yield no_longer_alone(each, column)
    if not said.set:
        yield from _given_back_too(each, name)
        yield from steps
        return
    statement = f"update {qualified(each.table)} as t set {said.set} where false"
    yield from _asked(steps, _written(each, f"the repair {said.word} of {column}", statement))


def _given_back_too(each: Decided, name: str) -> Iterator[Step]:
    """Yield the steps by which rows come back that a repair had changed before the file chose otherwise."""
    aside = repaired(each.table)
    stands = f"pg_catalog.to_regclass({literal(aside)}) is not null"
    ways = (
        ("drop-repaired", dropped_when_empty(each.table, aside)),
        ("give-back-repaired", changed_back(each.table, name)),
    )
    for title, back in ways:
        yield Step(
            name=f"{title}-{kebab(name)}",
            up=("select 'what a repair changed before the file chose otherwise is given back by the way down';",),
            down=(f"do $back$ begin if {stands} then execute {literal(back)}; end if; end $back$;",),
            holds="select true",
            always=True,
            needed=f"select {stands}",
            relations=(each.table,),
        )


def _asked(steps: Sequence[Step], written: Written) -> Iterator[Step]:
    """Yield steps of a constraint, whose SQL is asked for as long as it does not stand."""
    for step in steps:
        yield replace(step, written=(written,)) if step.name.startswith(("constraint-", "validate-")) else step


def _written(each: Decided, what: str, statement: str) -> Written:
    advice = f'Mend it below [tables."{each.table}"] in the tenancy file.'
    return Written(what, statement, advice, given=each.column)


def _choice(each: Decided, column: str) -> Choice:
    """Return what the file says of rows that break the rule of a column."""
    said = each.settled(column)
    if said.word == QUARANTINE:
        return Quarantine()
    if said.word == NULL_IT:
        return Repair(f"null-{kebab(each.table)}-{kebab(column)}", f"{identifier(column)} = null", undone=True)
    # Steps are named by their repairs, which several tables may call the same.
    named = f"{said.word}-{kebab(each.table)}-{kebab(column)}"
    return Repair(named, said.set, undone=True) if said.set else STOP


def _alone(each: Decided, *, stood: bool) -> str:
    """Return the statement that makes the backfill no change of a row; of a column that stood, it can be given back."""
    shown, column = qualified(each.table), identifier(each.column)
    words = (each.column, *(("id",) if stood else ()))
    return (
        f"create trigger {_ALONE} before update on {shown} for each row\n"
        f"when (current_user = 'ttdb_operator' and old.{column} is distinct from new.{column})\n"
        f"execute function ttdb.tg__fill_alone({', '.join(map(literal, words))});\n"
        f"comment on trigger {_ALONE} on {shown} is 'a backfill is no change of the row, and can be undone';"
    )


def _drop_alone(each: Decided) -> str:
    return f"drop trigger {_ALONE} on {qualified(each.table)};"


def _given_back(each: Decided) -> str:
    """Return the statement that gives rows back the tenant they were found with; bears being stopped and run again."""
    return _GIVE_BACK.format(
        place=qualified(each.table),
        relation=literal(each.table),
        column=identifier(each.column),
    )


def _unset(row: str, each: Decided, nobody: tuple[str, ...]) -> str:
    """Return the condition that a row names no tenant."""
    return unset(f"{row}.{identifier(each.column)}", nobody)


def _named(each: Decided, word: str, *columns: str) -> str:
    """Return the name of what is made here."""
    return Place(each.table, each.column).named(word, *columns)


_OPEN = """\
select n.name, 'it stands here, and nothing has decided whose its rows are',
    'Run "ttdb upgrade", which does: by this script it would stay as it is.'
from pg_catalog.unnest({tables}::pg_catalog.text[]) as n (name)
inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(n.name)
where not c.relforcerowsecurity"""

_ALL_DECIDED = """\
do $do$
declare
    v_open pg_catalog.text;
begin
    select pg_catalog.string_agg(o.name, ', ' order by o.name) into v_open from (
{open_ones}
    ) as o (name, detail, advice);
    if v_open is not null then
        raise exception 'nothing has decided whose the rows of % are', v_open
            using errcode = '55000', hint = 'Run "ttdb upgrade", which does: by this script they stay as they are.';
    end if;
end
$do$;"""

_GIVE_BACK = in_batches(
    "    v_keys pg_catalog.text[];",
    """\
        select pg_catalog.array_agg(l.key) into v_keys
        from (
            select f.key from ttdb.tenants_found as f where f.relation = {relation} order by f.key limit {rows}
        ) as l;""",
    """\
            perform pg_catalog.set_config('ttdb.gives_back', 'on', true);
            update {place} as t set {column} = f.found from ttdb.tenants_found as f
            where f.relation = {relation} and f.key = any(v_keys) and t.id = f.key::pg_catalog.uuid
                and t.{column} = f.given;
            delete from ttdb.tenants_found as f where f.relation = {relation} and f.key = any(v_keys);""",
    until="v_keys is null",
)
