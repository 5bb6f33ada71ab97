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
            record = _RECORD.format(
                revision=literal(revision),
                step=literal(step.name),
                digest=literal(step.digest),
                relations=_array(step.relations),
                schemas=_array(step.schemas),
            )
            self._write(_script(f"{revision} {step.name}", step, step.up, record))

    def down(self, revision: str, steps: Sequence[Step]) -> None:
        """Write the way back, last step first."""
        for step in reversed(steps):
            record = _FORGET.format(revision=literal(revision), step=literal(step.name))
            self._write(_script(f"undo {revision} {step.name}", step, step.down, record))


def _script(title: str, step: Step, statements: Sequence[str], record: str) -> str:
    body = "\n".join(statements)
    role, rows = identifier(step.role), "on" if step.filters_rows else "off"
    if step.transaction:
        settings = f"set local role {role};\nset local row_security = {rows};"
        return f"-- {title}\nbegin;\n{settings}\n{body}\nset local role ttdb_owner;\n{record}\ncommit;\n"
    return f"-- {title}\nset role {role};\n{body}\nset role ttdb_owner;\nbegin;\n{record}\ncommit;\n"


def _array(names: Sequence[str]) -> str:
    return "array[" + ", ".join(literal(name) for name in names) + "]::text[]"


_RECORD = """\
do $record$
begin
    if pg_catalog.to_regclass('ttdb.ledger') is not null then
        insert into ttdb.ledger (revision, step, outcome, digest)
        values ({revision}, {step}, 'done', {digest});
    end if;
    if pg_catalog.to_regprocedure('ttdb.definitions_in(text[])') is not null
        and pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') is not null then
        insert into ttdb.managed_objects (kind, identity, definition, revision, step)
        select d.kind, d.identity, d.definition, {revision}, {step}
        from (
            select * from ttdb.definitions_of(array(
                select c::pg_catalog.regclass
                from (select pg_catalog.to_regclass(name) from pg_catalog.unnest({relations}) as name) as t (c)
                where c is not null
            ))
            union all
            select * from ttdb.definitions_in({schemas})
        ) as d (kind, identity, definition)
        on conflict (kind, identity) do update
        set definition = excluded.definition, revision = excluded.revision, step = excluded.step
        where ttdb.managed_objects.definition is distinct from excluded.definition;
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
