"""Foreign keys that point at a table's key alone are carried by a key table, before months join that key.

A key table holds the key of every row, and triggers keep it in step (``ttdb.keep_unique``). Foreign keys come to point
at it beside those that stand: for new rows first, then validated, then in the others' place and under their names. A
row that is pointed at keeps its key, tenant and month: moved into another month it would be deleted and made again, and
what points at it with it.
"""

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps.key_fill import keys_filled


def carried_by_keys(relation: str, key: str, month: str, tenant: str = "tenant_id") -> tuple[Step, ...]:
    """Return the steps by which foreign keys at ``key`` come to point at a key table; undone, they point back."""
    keys = f"{relation}_{key}_keys"
    return (
        _stays(relation, (key, tenant, month)),
        _kept(relation, key, keys),
        keys_filled(
            f"fill-keys-{kebab(relation)}",
            relation,
            keys,
            primary_key=[key],
            unique=[key],
            entered=[tenant, key],
        ),
        _pointed(relation, key, keys),
        _validated(relation, keys),
        _exchanged(relation, keys),
    )


def _stays(relation: str, columns: tuple[str, ...]) -> Step:
    """Return the step by which a row keeps what its key is looked up by: before it moves, and in each partition."""
    place, trigger = qualified(relation), "_150_stay_in_place"
    about = literal("what others point at keeps its key, tenant and month")
    changed = " or ".join(f"old.{c} is distinct from new.{c}" for c in map(identifier, columns))
    words = ", ".join(map(literal, (f"{relation.split('.', 1)[1]}_must_stay_in_place", *columns)))
    return Step(
        name=f"stay-{kebab(relation)}",
        up=(
            (
                f"create trigger {trigger} before update on {place} for each row when ({changed})\n"
                f"execute function ttdb.tg__keep_values({words});"
            ),
            f"comment on trigger {trigger} on {place} is {about};",
        ),
        down=(f"drop trigger {trigger} on {place};",),
        holds=(
            "select exists (select from pg_catalog.pg_trigger as t\n"
            f"    where t.tgrelid = pg_catalog.to_regclass({literal(relation)}) and t.tgname = {literal(trigger)}\n"
            "        and t.tgenabled in ('O', 'A'))"
        ),
        relations=(relation,),
    )


def _kept(relation: str, key: str, keys: str) -> Step:
    """Return the step that makes the key table, and its triggers; the rows that stand are entered afterwards."""
    what = f"{literal(relation)}, array[{literal(key)}]::pg_catalog.name[]"
    return Step(
        name=f"keys-{kebab(relation)}",
        up=(
            "select pg_catalog.set_config('ttdb.fills_later', 'on', true);",
            f"select ttdb.keep_unique({what}, 'there is a row with this key already', true);",
        ),
        down=(f"select ttdb.forget_unique({what});",),
        holds=f"select ttdb.is_kept_unique({what}, true)",
        relations=(relation, keys),
    )


def _pointed(relation: str, key: str, keys: str) -> Step:
    """Return the step that lets new rows be looked up in the key table too; back, that ends."""
    words = {"relation": literal(relation), "keys": literal(keys), "key": literal(key)}
    return Step(
        name=f"point-{kebab(relation)}",
        up=(
            # Whoever looked before the keys were entered would not find there what he may point at.
            f"select ttdb.refuse_older_snapshots({literal(relation)});",
            _first(relation, "share row exclusive"),
            _POINT.format(**words, into=qualified(keys)),
            _unforced(keys),
        ),
        down=(_first(relation), _UNPOINT.format(**words), _forced(keys), _forced(relation)),
        holds=f"select not exists ({_OLD.format(**words)}\n    and not exists ({_COUNTERPART.format(**words)}))",
        relations=(relation, keys),
        filters_rows=True,
    )


def _validated(relation: str, keys: str) -> Step:
    """Return the step that looks old rows up in the key table; back, in the table itself."""
    return Step(
        name=f"validate-keys-{kebab(relation)}",
        up=(_VALIDATE.format(target=literal(keys)),),
        down=(_VALIDATE.format(target=literal(relation)),),
        holds=(
            "select not exists (select from pg_catalog.pg_constraint as k where k.contype = 'f'\n"
            f"    and k.confrelid = pg_catalog.to_regclass({literal(keys)}) and not k.convalidated)"
        ),
        relations=(keys,),
        filters_rows=True,
    )


def _exchanged(relation: str, keys: str) -> Step:
    """Return the step by which the new foreign keys take the others' place; back, the others come to stand beside."""
    words = {"relation": literal(relation), "keys": literal(keys), "place": qualified(relation)}
    return Step(
        name=f"exchange-{kebab(relation)}",
        up=(_first(relation), _EXCHANGE.format(**words), _forced(keys)),
        down=(_first(relation), _POINT_BACK.format(**words), _unforced(relation)),
        holds=(
            "select not exists (select from pg_catalog.pg_constraint as k\n"
            f"    where k.contype = 'f' and k.confrelid = pg_catalog.to_regclass({literal(relation)}))"
        ),
        relations=(relation, keys),
        filters_rows=True,
    )


def _first(relation: str, mode: str = "access exclusive") -> str:
    """Return the statement that locks the table before what points at it, and before its keys, as who writes it does.

    Held the other way round, it would wait for a writer who waits for it, each time.
    """
    return f"lock table {qualified(relation)} in {mode} mode;"


def _unforced(relation: str) -> str:
    """Return the statement by which PostgreSQL, which looks as the owner, finds there what is pointed at."""
    return f"alter table {qualified(relation)} no force row level security;"


def _forced(relation: str) -> str:
    return f"alter table {qualified(relation)} force row level security;"


_OLD = """select from pg_catalog.pg_constraint as k
    where k.contype = 'f' and k.confrelid = pg_catalog.to_regclass({relation}) and k.conparentid = 0"""
_COUNTERPART = """select from pg_catalog.pg_constraint as n
        where n.contype = 'f' and n.confrelid = pg_catalog.to_regclass({keys})
            and n.conrelid = k.conrelid and n.conkey = k.conkey"""

_POINT = """\
do $do$
declare
    v_old record;
begin
    for v_old in
        select k.conrelid::pg_catalog.regclass as child, k.conname,
            pg_catalog.pg_get_constraintdef(k.oid) as definition,
            pg_catalog.obj_description(k.oid, 'pg_constraint') as comment
        from pg_catalog.pg_constraint as k
        where k.contype = 'f' and k.confrelid = pg_catalog.to_regclass({relation}) and k.conparentid = 0
            and (select pg_catalog.array_agg(a.attname::pg_catalog.text) from pg_catalog.pg_attribute as a
                where a.attrelid = k.confrelid and a.attnum = any(k.confkey)) = array[{key}]
            and not exists (select from pg_catalog.pg_constraint as n
                where n.contype = 'f' and n.confrelid = pg_catalog.to_regclass({keys})
                    and n.conrelid = k.conrelid and n.conkey = k.conkey)
    loop
        execute pg_catalog.format('alter table %s add constraint %I %s not valid', v_old.child,
            pg_catalog.left(v_old.conname, 57) || '_keyed',
            pg_catalog.regexp_replace(pg_catalog.regexp_replace(v_old.definition, ' NOT VALID$', ''),
                'REFERENCES .*?\\(', 'REFERENCES {into}('));
        execute pg_catalog.format('comment on constraint %I on %s is %L',
            pg_catalog.left(v_old.conname, 57) || '_keyed', v_old.child, v_old.comment);
    end loop;
end
$do$;"""

# Where the way back has made a foreign key at the table itself, it takes the other's place and name.
_UNPOINT = """\
do $do$
declare
    v_new record;
begin
    for v_new in
        select n.conrelid::pg_catalog.regclass as child, n.conname, k.conname as old
        from pg_catalog.pg_constraint as n
        left join pg_catalog.pg_constraint as k on k.contype = 'f' and k.conrelid = n.conrelid and k.conkey = n.conkey
            and k.confrelid = pg_catalog.to_regclass({relation})
        where n.contype = 'f' and n.confrelid = pg_catalog.to_regclass({keys})
    loop
        execute pg_catalog.format('alter table %s drop constraint %I', v_new.child, v_new.conname);
        if v_new.old = pg_catalog.left(v_new.conname, 56) || '_former' then
            execute pg_catalog.format(
                'alter table %s rename constraint %I to %I', v_new.child, v_new.old, v_new.conname);
        end if;
    end loop;
end
$do$;"""

_VALIDATE = """\
do $do$
declare
    v_new record;
begin
    for v_new in
        select n.conrelid::pg_catalog.regclass as child, n.conname
        from pg_catalog.pg_constraint as n
        where n.contype = 'f' and n.confrelid = pg_catalog.to_regclass({target}) and not n.convalidated
    loop
        execute pg_catalog.format('alter table %s validate constraint %I', v_new.child, v_new.conname);
    end loop;
end
$do$;"""

_EXCHANGE = """\
do $do$
declare
    v_old record;
begin
    for v_old in
        select k.conrelid::pg_catalog.regclass as child, k.conname, n.conname as keyed
        from pg_catalog.pg_constraint as k
        inner join pg_catalog.pg_constraint as n on n.contype = 'f' and n.conrelid = k.conrelid and n.conkey = k.conkey
            and n.confrelid = pg_catalog.to_regclass({keys})
        where k.contype = 'f' and k.confrelid = pg_catalog.to_regclass({relation})
    loop
        execute pg_catalog.format('alter table %s drop constraint %I', v_old.child, v_old.conname);
        if v_old.keyed = pg_catalog.left(v_old.conname, 57) || '_keyed' then
            execute pg_catalog.format(
                'alter table %s rename constraint %I to %I', v_old.child, v_old.keyed, v_old.conname);
        end if;
    end loop;
end
$do$;"""

_POINT_BACK = """\
do $do$
declare
    v_new record;
begin
    for v_new in
        select n.conrelid::pg_catalog.regclass as child, n.conname,
            pg_catalog.pg_get_constraintdef(n.oid) as definition,
            pg_catalog.obj_description(n.oid, 'pg_constraint') as comment
        from pg_catalog.pg_constraint as n
        where n.contype = 'f' and n.confrelid = pg_catalog.to_regclass({keys})
    loop
        execute pg_catalog.format('alter table %s add constraint %I %s not valid', v_new.child,
            pg_catalog.left(v_new.conname, 56) || '_former',
            pg_catalog.regexp_replace(pg_catalog.regexp_replace(v_new.definition, ' NOT VALID$', ''),
                'REFERENCES .*?\\(', 'REFERENCES {place}('));
        execute pg_catalog.format('comment on constraint %I on %s is %L',
            pg_catalog.left(v_new.conname, 56) || '_former', v_new.child, v_new.comment);
    end loop;
end
$do$;"""
