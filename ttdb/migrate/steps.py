"""The vocabulary of revisions: each function returns one Step, and knows how to tell that it stands."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from alembic import op

from ttdb import sqlfile
from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.step import Step
from ttdb.migrate.table import rows_lost, table

__all__ = [
    "audited",
    "index",
    "masked_columns",
    "protected",
    "rows_lost",
    "schema",
    "sql",
    "sql_file",
    "table",
    "touched",
    "upgrade_and_downgrade",
]

_ALL_VERBS = "select, insert, update, delete"
_FOUND = {
    "function": "pg_catalog.pg_proc as o where o.oid = pg_catalog.to_regprocedure({name})",
    "table": "pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass({name})",
    "view": "pg_catalog.pg_class as o where o.oid = pg_catalog.to_regclass({name})",
    "schema": "pg_catalog.pg_namespace as o where o.oid = pg_catalog.to_regnamespace({name})",
}
_OWNER = {"function": "o.proowner", "table": "o.relowner", "view": "o.relowner", "schema": "o.nspowner"}


def upgrade_and_downgrade(revision: str, steps: Sequence[Step]) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return the ``upgrade`` and ``downgrade`` functions that Alembic expects of a revision.

    Raises:
        ValueError: two steps have one name, which the ledger could not tell apart.

    """
    names = [step.name for step in steps]
    twice = sorted({step for step in names if names.count(step) > 1})
    if twice:
        message = f"revision {revision} has two steps named {twice[0]}"
        raise ValueError(message)

    def upgrade() -> None:
        op.get_context().opts["ttdb_runner"].up(revision, steps)

    def downgrade() -> None:
        op.get_context().opts["ttdb_runner"].down(revision, steps)

    return upgrade, downgrade


def sql(name: str, *, up: str, down: str, holds: str, **more: Any) -> Step:  # noqa: ANN401 - Step's own fields
    """Return a step of plain SQL; ``more`` are Step's other fields."""
    return replace(Step(name=name, up=(up,), down=(down,), holds=holds), **more)


def schema(name: str, *, comment: str) -> Step:
    """Return a step that creates a schema owned by ttdb_owner."""
    return Step(
        name=f"schema-{name}",
        up=(f"create schema {identifier(name)};\ncomment on schema {identifier(name)} is {literal(comment)};",),
        down=(f"drop schema {identifier(name)};",),
        holds=_stands("schema", name, "ttdb_owner"),
        conflicts=_somebody_elses("schema", name, "ttdb_owner"),
    )


def sql_file(
    path: str,
    *,
    creates: str,
    replaces: str | None = None,
    **more: Any,  # noqa: ANN401 - Step's own fields
) -> Step:
    """Return a step that applies ``sql/<path>``.

    Args:
        path: below ``sql/``; the file holds one object's whole definition.
        creates: what it makes, for example ``function ttdb.tenant_id()`` or ``table audit.trail``.
        replaces: the file with the definition before, re-applied by a downgrade.
        more: Step's other fields.

    """
    kind, name = creates.split(" ", 1)
    role = more.get("role", "ttdb_owner")
    step = Step(
        name=_kebab(path.removesuffix(".sql").split("/", 1)[1]),
        up=(sqlfile.read(path),),
        down=(sqlfile.read(replaces) if replaces else f"drop {creates};",),
        holds=_stands(kind, name, role),
        conflicts=_somebody_elses(kind, name, role),
        always=replaces is not None,
        relations=(name,) if kind in ("table", "view") else (),
        schemas=(name.split(".", 1)[0],) if kind == "function" else (),
    )
    return replace(step, **more)


def index(  # noqa: PLR0913 - an index is this many facts
    name: str, relation: str, columns: str, *, comment: str, where: str | None = None, unique: bool = False
) -> Step:
    """Return a step that builds an index without blocking writers.

    Args:
        name: without schema.
        relation: schema-qualified table.
        columns: in parentheses, as pg_get_indexdef() prints them, in any case: ``(tenant_id, created_at desc)``.
        comment: the query it serves or the rule it keeps.
        where: the predicate of a partial index.
        unique: whether it keeps values unique.

    """
    place = qualified(relation.split(".", 1)[0] + "." + name)
    condition = f"\nwhere {where}" if where else ""
    create = (
        f"create {'unique ' if unique else ''}index concurrently {identifier(name)}\n"
        f"on {qualified(relation)} {columns}{condition};"
    )
    return Step(
        name=f"index-{_kebab(name)}",
        # A build that was killed leaves an INVALID index behind: it is dropped and built again.
        up=(f"drop index concurrently if exists {place};", create, f"comment on index {place} is {literal(comment)};"),
        down=(f"drop index concurrently if exists {place};",),
        holds=f"select exists (\n{_index_like(relation, place, columns, where, unique=unique)}\n)",
        conflicts=_name_taken(relation, place, _index_like(relation, place, columns, where, unique=unique)),
        relations=(relation,),
        transaction=False,
    )


def touched(relation: str) -> Step:
    """Return a step that keeps a table's ``updated_at`` at the time of each row's last change."""
    trigger = "_100_touch_updated_at"
    place = qualified(relation)
    return Step(
        name=f"touch-{_kebab(relation)}",
        up=(
            (
                f"create trigger {trigger} before update on {place}\nfor each row when (old.* is distinct from new.*)\n"
                "execute function ttdb.tg__touch_updated_at();"
            ),
            f"comment on trigger {trigger} on {place} is 'sets updated_at to the time of the change';",
        ),
        down=(f"drop trigger {trigger} on {place};",),
        holds=(
            "select exists (\n    select from pg_catalog.pg_trigger as t\n"
            f"    where t.tgrelid = pg_catalog.to_regclass({literal(relation)}) and t.tgname = {literal(trigger)}\n"
            "        and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__touch_updated_at()') and t.tgenabled = 'O'\n)"
        ),
        relations=(relation,),
    )


def protected(relation: str, *, tenant_column: str = "tenant_id", app: str = _ALL_VERBS, worker: str = "") -> Step:
    """Return a step that keeps tenants apart in a table, by ``ttdb.protect``.

    Args:
        relation: schema-qualified table.
        tenant_column: the column that holds the tenant.
        app: what ttdb_app may do with its own tenant's rows: ``"select, insert"``.
        worker: what ttdb_worker may do with all tenants' rows.

    """
    arguments = f"{literal(relation)}, {literal(tenant_column)}, {_verbs(app)}, {_verbs(worker)}"
    return Step(
        name=f"protect-{_kebab(relation)}",
        up=(f"select ttdb.protect({arguments});",),
        down=(f"select ttdb.unprotect({literal(relation)});",),
        holds=f"select ttdb.is_protected({arguments})",
        conflicts=_other_policies(relation),
        relations=(relation,),
    )


def audited(relation: str, *, exclude: Sequence[str] = ()) -> Step:
    """Return a step that records every change of a table, by ``audit.enable``; ``exclude`` are columns kept secret."""
    arguments = f"{literal(relation)}, {text_array(exclude)}"
    return Step(
        name=f"audit-{_kebab(relation)}",
        up=(f"select audit.enable({arguments});",),
        down=(f"select audit.disable({literal(relation)});",),
        holds=f"select audit.is_enabled({arguments})",
        relations=(relation,),
    )


def masked_columns(relation: str, **masks: str) -> Step:
    """Return a step that decides how support sees a table's columns, by ``masked.column``: ``email="email"``."""
    view = "masked." + relation.split(".", 1)[1]
    verbs = [f"select masked.column({literal(relation)}, {literal(c)}, {literal(m)});" for c, m in masks.items()]
    undo = [f"select masked.forget({literal(relation)}, {literal(column)});" for column in reversed(masks)]
    holds = [f"masked.is_masked({literal(relation)}, {literal(c)}, {literal(m)})" for c, m in masks.items()]
    return Step(
        name=f"mask-{_kebab(relation)}",
        up=("\n".join(verbs),),
        down=("\n".join(undo),),
        holds="select " + "\n    and ".join(holds),
        relations=(view, relation),
    )


def _stands(kind: str, name: str, owner: str) -> str:
    found = _FOUND[kind].format(name=literal(name))
    return f"select exists (select from {found} and pg_catalog.pg_get_userbyid({_OWNER[kind]}) = {literal(owner)})"


def _somebody_elses(kind: str, name: str, owner: str) -> str:
    found = _FOUND[kind].format(name=literal(name))
    return (
        f"select {literal(name)}, pg_catalog.format('a {kind} of this name stands and belongs to %I',\n"
        f"    pg_catalog.pg_get_userbyid({_OWNER[kind]})), 'ttdb makes its own: rename or drop it.'\n"
        f"from {found} and pg_catalog.pg_get_userbyid({_OWNER[kind]}) <> {literal(owner)}"
    )


def _kebab(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _verbs(text: str) -> str:
    return text_array(word.strip() for word in text.split(",") if word.strip())


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


def _other_policies(relation: str) -> str:
    return (
        f"select {literal(relation)}, pg_catalog.format('policy %I stands on it already', p.polname),\n"
        "    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',\n"
        f"        p.polname, {literal(qualified(relation))})\n"
        "from pg_catalog.pg_policy as p\n"
        f"where p.polrelid = pg_catalog.to_regclass({literal(relation)}) and p.polpermissive\n"
        "order by p.polname"
    )
