"""The engine's verbs as steps: what one line of a revision does to a table."""

import json
from collections.abc import Sequence

from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step

_EXCLUDED = """coalesce(
    (select a.excluded from ttdb.audited_tables as a where a.relation = {relation}::pg_catalog.regclass), '{{}}'
)"""
_TRAIL = """\
select pg_catalog.format('select audit.enable(%L, %L);', a.relation, a.excluded)
from ttdb.audited_tables as a where a.relation = pg_catalog.to_regclass({relation})"""
_ALL_VERBS = "select, insert, update, delete"


def touched(relation: str, *, columns: Sequence[str] = ()) -> Step:
    """Return a step that keeps a table's ``updated_at`` at the time of each row's last change.

    Args:
        relation: schema-qualified table.
        columns: those whose change counts; default all. A table with generated columns must name the others:
            PostgreSQL computes generated ones only after such a trigger.

    """
    trigger = "_100_touch_updated_at"
    place = qualified(relation)
    return Step(
        name=f"touch-{kebab(relation)}",
        up=(
            (
                f"create trigger {trigger} before update on {place}\nfor each row when ({_changed(columns)})\n"
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


def protected(
    relation: str, *, tenant_column: str = "tenant_id", app: str = _ALL_VERBS, worker: str = "", definer: str = ""
) -> Step:
    """Return a step that keeps tenants apart in a table, by ``ttdb.protect``.

    Args:
        relation: schema-qualified table.
        tenant_column: the column that holds the tenant.
        app: what ttdb_app may do with its own tenant's rows: ``"select, insert"``.
        worker: what ttdb_worker may do with all tenants' rows.
        definer: what functions that run as ttdb_definer may do with all tenants' rows.

    """
    verbs = f"{_verbs(app)}, {_verbs(worker)}, {_verbs(definer)}"
    arguments = f"{literal(relation)}, {literal(tenant_column)}, {verbs}"
    return Step(
        name=f"protect-{kebab(relation)}",
        up=(f"select ttdb.protect({arguments});",),
        down=(f"select ttdb.unprotect({literal(relation)});",),
        holds=f"select ttdb.is_protected({arguments})",
        conflicts=_other_policies(relation),
        relations=(relation,),
    )


def audited(relation: str, *, exclude: Sequence[str] | None = ()) -> Step:
    """Return a step that records every change of a table, by ``audit.enable``.

    Args:
        relation: schema-qualified table.
        exclude: columns kept secret; None for those that are where it is recorded already.

    """
    if exclude is None:
        arguments = literal(relation)
        excluded = _EXCLUDED.format(relation=arguments)
    else:
        arguments = f"{literal(relation)}, {text_array(exclude)}"
        excluded = text_array(exclude)
    return Step(
        name=f"audit-{kebab(relation)}",
        up=(f"select audit.enable({literal(relation)}, {excluded});",),
        down=(f"select audit.disable({literal(relation)});",),
        holds=f"select audit.is_enabled({arguments})",
        replaced=_TRAIL.format(relation=literal(relation)),
        relations=(relation,),
    )


def partitioned_by_month(relation: str, *, retention: str, storage: Sequence[str] | None = None) -> Step:
    """Return a step that keeps a range-partitioned table in months, by ``ttdb.partition_by_month``.

    It comes after whatever protects and audits the table: the DEFAULT partition that it makes is made so at once.

    Args:
        relation: schema-qualified table.
        retention: how long a month is kept at least: ``"7 years"``.
        storage: settings of each month, as ``["fillfactor=90"]``; the verb's own when not given.

    """
    settings = f", {text_array(storage)}" if storage is not None else ""
    arguments = f"{literal(relation)}, {literal(retention)}{settings}"
    return Step(
        name=f"months-{kebab(relation)}",
        up=(f"select ttdb.partition_by_month({arguments});",),
        down=(f"select ttdb.unpartition_by_month({literal(relation)});",),
        holds=f"select ttdb.is_partitioned_by_month({arguments})",
        relations=(relation, f"{relation}_default"),
    )


def kept_unique(relation: str, columns: Sequence[str], *, message: str, across_tenants: bool = False) -> Step:
    """Return a step that keeps columns unique over all partitions, by ``ttdb.keep_unique``.

    Args:
        relation: schema-qualified table, protected with ``definer="select"``.
        columns: what is unique; rows with a null among them are left out.
        message: what a person is told of a duplicate.
        across_tenants: unique over all tenants, which declares that a provider makes the values at random.

    """
    what = f"{literal(relation)}, {text_array(columns)}"
    across = str(across_tenants).lower()
    return Step(
        name=f"unique-{kebab(relation)}-{kebab('-'.join(columns))}",
        up=(f"select ttdb.keep_unique({what}, {literal(message)}, {across});",),
        down=(f"select ttdb.forget_unique({what});",),
        holds=f"select ttdb.is_kept_unique({what}, {across})",
        relations=(relation, f"{relation}_{'_'.join(columns)}_keys"),
    )


def masked_columns(relation: str, /, **masks: str) -> Step:
    """Return a step that decides how support sees a table's columns, by ``masked.columns``: ``email="email"``."""
    view = "masked." + relation.split(".", 1)[1]
    arguments = f"{literal(relation)}, {literal(json.dumps(masks))}"
    nothing = f"{literal(relation)}, {literal(json.dumps(dict.fromkeys(masks)))}"
    return Step(
        name=f"mask-{kebab(relation)}",
        up=(f"select masked.columns({arguments});",),
        down=(f"select masked.columns({nothing});",),
        holds=f"select masked.is_masked({arguments})",
        relations=(view, relation),
    )


def declared_resolver(function: str, *, finds: str) -> Step:
    """Return a step that declares a function as a resolver, by ``ttdb.resolver``.

    Args:
        function: with its argument types, as regprocedure writes it: ``public.tenant_of_slug(text)``.
        finds: what it looks up, in words.

    """
    return Step(
        name=f"resolver-{kebab(function.split('(', 1)[0])}",
        up=(f"select ttdb.resolver({literal(function)}, {literal(finds)});",),
        down=(f"select ttdb.forget_resolver({literal(function)});",),
        holds=(
            f"select exists (select from ttdb.resolvers as r where r.function = {literal(function)}"
            f" and r.finds = {literal(finds)})"
        ),
        functions=(function,),
    )


def _changed(columns: Sequence[str]) -> str:
    """Return the condition that one of these columns changes, or any; written so that the server prints it back."""
    if not columns:
        return "old.* is distinct from new.*"
    return "\n    or ".join(f"old.{identifier(column)} is distinct from new.{identifier(column)}" for column in columns)


def _verbs(text: str) -> str:
    return text_array(word.strip() for word in text.split(",") if word.strip())


def _other_policies(relation: str) -> str:
    return (
        f"select {literal(relation)}, pg_catalog.format('policy %I stands on it already', p.polname),\n"
        "    pg_catalog.format('Permissive policies add up, so it would widen ours: drop policy %I on %s.',\n"
        f"        p.polname, {literal(qualified(relation))})\n"
        "from pg_catalog.pg_policy as p\n"
        f"where p.polrelid = pg_catalog.to_regclass({literal(relation)}) and p.polpermissive\n"
        "order by p.polname"
    )
