"""Steps of plain SQL: a statement with its undoing, a schema, one object from a file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from alembic import op

from ttdb import sqlfile
from ttdb.migrate.literal import identifier, literal
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step

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
        name=kebab(path.removesuffix(".sql").split("/", 1)[1]),
        up=(sqlfile.read(path),),
        down=(sqlfile.read(replaces) if replaces else f"drop {creates};",),
        holds=_stands(kind, name, role),
        conflicts=_somebody_elses(kind, name, role),
        always=replaces is not None,
        relations=(name,) if kind in ("table", "view") else (),
        functions=(name,) if kind == "function" else (),
    )
    return replace(step, **more)


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
