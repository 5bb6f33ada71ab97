"""Print steps as one SQL script, for an empty database: what ``--sql`` shows."""

from collections.abc import Callable, Sequence

from ttdb.migrate.literal import identifier, literal
from ttdb.migrate.step import Step


class OfflineRunner:
    """Writes what Runner would run where nothing stands yet."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def up(self, revision: str, steps: Sequence[Step]) -> None:
        """Write each step, the ledger's line and the managed objects, a transaction each."""
        for step in steps:
            if step.prepares:  # a table that stands, where none does
                continue
            stands = _STANDS.format(relations=array(step.relations), functions=array(step.functions))
            look = _LOOK.format(stands=stands)
            record = _RECORD.format(
                revision=literal(revision), step=literal(step.name), digest=literal(step.digest), stands=stands
            )
            self._write(_script(f"{revision} {step.name}", step, step.up, record, look))

    def down(self, revision: str, steps: Sequence[Step]) -> None:
        """Write the way back, last step first."""
        for step in reversed(steps):
            if step.prepares:
                continue
            record = _FORGET.format(revision=literal(revision), step=literal(step.name))
            self._write(_script(f"undo {revision} {step.name}", step, step.down, record))


def _script(title: str, step: Step, statements: Sequence[str], record: str, look: str = "") -> str:
    body = "\n".join(statements)
    if step.transaction:
        return f"-- {title}\nbegin;\n{look}{settings_of(step)}\n{body}\nset local role ttdb_owner;\n{record}\ncommit;\n"
    return (
        f"-- {title}\n{look}set role {identifier(step.role)};\n{body}\nset role ttdb_owner;\n"
        f"begin;\n{record}\ncommit;\n"
    )


def settings_of(step: Step) -> str:
    """Return what a step's transaction begins with."""
    rows = "on" if step.filters_rows else "off"
    return f"set local role {identifier(step.role)};\nset local row_security = {rows};"


def array(names: Sequence[str]) -> str:
    """Return an array constructor of texts."""
    return "array[" + ", ".join(literal(name) for name in names) + "]::text[]"


# How the server describes what a step may change: {"[kind, identity]": definition}. Nothing before it can.
_STANDS = """\
    if pg_catalog.to_regprocedure('ttdb.definitions_of_functions(regprocedure[])') is not null
        and pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') is not null then
        select coalesce(pg_catalog.jsonb_object_agg(
            pg_catalog.jsonb_build_array(d.kind, d.identity)::pg_catalog.text, d.definition
        ), '{{}}')
        into v_stands
        from (
            select * from ttdb.definitions_of(array(
                select c::pg_catalog.regclass
                from (select pg_catalog.to_regclass(name) from pg_catalog.unnest({relations}) as name) as t (c)
                where c is not null
            ))
            union all
            select * from ttdb.definitions_of_functions(array(
                select f::pg_catalog.regprocedure
                from (select pg_catalog.to_regprocedure(name) from pg_catalog.unnest({functions}) as name) as t (f)
                where f is not null
            ))
        ) as d (kind, identity, definition);
    end if;"""

# For a step without a transaction too: so the setting is the session's.
_LOOK = """\
do $look$
declare
    v_stands pg_catalog.jsonb := '{{}}';
begin
{stands}
    perform pg_catalog.set_config('ttdb.stood', v_stands::pg_catalog.text, false);
end;
$look$;
"""

_RECORD = """\
do $record$
declare
    v_stood constant pg_catalog.jsonb := pg_catalog.current_setting('ttdb.stood');
    v_stands pg_catalog.jsonb := '{{}}';
begin
    if pg_catalog.to_regclass('ttdb.ledger') is not null then
        insert into ttdb.ledger (revision, step, outcome, digest)
        values ({revision}, {step}, 'done', {digest});
    end if;
{stands}
    if pg_catalog.to_regclass('ttdb.managed_objects') is not null then
        -- What the step left as it stood is not the step's.
        insert into ttdb.managed_objects (kind, identity, definition, revision, step)
        select
            s.key::pg_catalog.jsonb ->> 0,
            s.key::pg_catalog.jsonb ->> 1,
            s.value #>> '{{}}',
            {revision},
            {step}
        from pg_catalog.jsonb_each(v_stands) as s
        where v_stood -> s.key is distinct from s.value
        on conflict (kind, identity) do update
        set definition = excluded.definition, revision = excluded.revision, step = excluded.step;
        delete from ttdb.managed_objects as m
        where pg_catalog.jsonb_build_array(m.kind, m.identity)::pg_catalog.text in (
            select s.key
            from pg_catalog.jsonb_each(v_stood) as s
            where not v_stands ? s.key
        );
    end if;
end;
$record$;"""

_FORGET = """\
do $forget$
begin
    if pg_catalog.to_regclass('ttdb.ledger') is not null then
        delete from ttdb.ledger where revision = {revision} and step = {step};
    end if;
end;
$forget$;"""
