"""Extensions as steps: installed into a schema of their own, or left where they stand already."""

from ttdb.migrate.literal import identifier, literal, text_array
from ttdb.migrate.step import Step


def extension(name: str, *, schema: str, comment: str) -> Step:
    """Return a step that installs an extension into a schema of its own; found anywhere, it stays where it is.

    Args:
        name: one that PostgreSQL trusts, so that no superuser is needed.
        schema: made for it, and dropped with it.
        comment: the schema's.

    """
    place = identifier(schema)
    up = (
        f"create schema {place};\ncomment on schema {place} is {literal(comment)};\n"
        f"create extension {identifier(name)} with schema {place};"
    )
    return Step(
        name=f"extension-{name}",
        up=(up,),
        down=(f"drop extension {identifier(name)};\ndrop schema {place};",),
        holds=f"select exists (select {_from(name)})",
        conflicts="\nunion all\n".join([_absent(name), _taken(name, schema)]),
    )


def use_of_extension(name: str, *, roles: str) -> Step:
    """Return a step that lets roles use an extension's schema, wherever that is; ``roles`` is a list with commas."""
    return Step(
        name=f"use-of-extension-{name}",
        up=(_for_its_schema(name, f"grant usage on schema %I to {roles}"),),
        down=(_for_its_schema(name, f"revoke usage on schema %I from {roles}"),),
        holds=f"select not exists (\n{_without_use(name, roles)}\n)\n    and exists (select {_from(name)})",
        conflicts=_not_ours_to_grant(name, roles),
    )


def _from(name: str) -> str:
    return f"from pg_catalog.pg_extension as e where e.extname = {literal(name)}"


def _absent(name: str) -> str:
    advice = (
        "Install PostgreSQL's contrib modules on the server: package postgresql-contrib, or what it is called there."
    )
    return (
        f"select {literal(name)}, 'the server does not have this extension', {literal(advice)}\n"
        f"where not exists (select {_from(name)})\n"
        f"    and not exists (select from pg_catalog.pg_available_extensions as a where a.name = {literal(name)})"
    )


def _taken(name: str, schema: str) -> str:
    advice = f"Rename it, or have an admin run: create extension {name};"
    return (
        f"select {literal(schema)}, 'a schema of this name stands', {literal(advice)}\n"
        f"from pg_catalog.pg_namespace as n where n.nspname = {literal(schema)}\n"
        f"    and not exists (select {_from(name)})"
    )


def _for_its_schema(name: str, statement: str) -> str:
    return (
        "do $do$\nbegin\n"
        f"    execute pg_catalog.format({literal(statement)}, (\n"
        "        select n.nspname from pg_catalog.pg_extension as e\n"
        "        inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace\n"
        f"        where e.extname = {literal(name)}\n"
        "    ));\nend\n$do$;"
    )


def _without_use(name: str, roles: str) -> str:
    listed = text_array(word.strip() for word in roles.split(","))
    return (
        "    select from pg_catalog.pg_extension as e\n"
        f"    cross join pg_catalog.unnest({listed}::text[]) as r (name)\n"
        f"    where e.extname = {literal(name)}\n"
        # A role that the bootstrap has yet to make will have what everybody has.
        "        and not coalesce(\n"
        "            pg_catalog.has_schema_privilege(pg_catalog.to_regrole(r.name), e.extnamespace, 'usage'),\n"
        "            pg_catalog.has_schema_privilege('public', e.extnamespace, 'usage'))"
    )


def _not_ours_to_grant(name: str, roles: str) -> str:
    return (
        f"select {literal(name)}, pg_catalog.format('it stands in schema %I, which not all of {roles} may use',\n"
        f"    n.nspname), pg_catalog.format('grant usage on schema %I to {roles};', n.nspname)\n"
        "from pg_catalog.pg_extension as e\n"
        "inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace\n"
        f"where e.extname = {literal(name)} and pg_catalog.pg_get_userbyid(n.nspowner) <> 'ttdb_owner'\n"
        f"    and exists (\n{_without_use(name, roles)}\n    )"
    )
