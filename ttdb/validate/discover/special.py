"""Roles that are known by what they may read: those that see masks, and those that read the trail."""

import re
from collections.abc import Collection, Mapping

from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import VIEWS, Catalog
from ttdb.validate.hiding import hidden_in
from ttdb.validate.queries import query

_TRAIL = re.compile(r"audit|trail|_log$|histor|journal|changes|trace", re.IGNORECASE)


def masked_roles(connection: Connection, catalog: Catalog) -> tuple[str, ...]:
    """Return the roles that read masking views and, of most, not the tables below: past policies too."""
    masking = _masking_views(catalog)
    if not masking:
        return ()
    names = [role.name for role in catalog.roles.values() if not role.superuser]
    below = frozenset().union(*masking.values())
    held = _of_the_session(catalog, masking)
    reads: dict[str, set[int]] = {}
    some: dict[str, set[int]] = {}
    writers = set()
    for relation, role, whole, selects, *writes in connection.execute(query("privileges"), {"roles": names}):
        if selects:  # some columns at least
            reads.setdefault(role, set()).add(relation)
        if selects and not whole and relation in below:
            some.setdefault(role, set()).add(relation)
        if any(writes):
            writers.add(role)
    chosen = []
    for name, seen in reads.items():
        views = [oid for oid in masking if oid in seen and catalog.relations[oid].owner != name]
        if catalog.roles[name].bypasses and (name in writers or not held.issuperset(views)):
            continue
        # Of who writes nothing, a few columns here and there are a slip, and no sign of the application.
        slips = set() if name in writers else some.get(name, set())
        seen_raw = seen - slips if len(slips) <= len(views) else seen
        raw = [oid for oid in views if masking[oid] & seen_raw]
        if len(views) > 2 * len(raw):
            chosen.append(name)
    logins = {name for name in chosen if catalog.roles[name].login}
    groups = {name for name in chosen if any(name in catalog.roles[each].may_become for each in logins)}
    return tuple(sorted(set(chosen) - groups)) if logins else tuple(sorted(chosen))


def _masking_views(catalog: Catalog) -> Mapping[int, frozenset[int]]:
    """Return the views that hide columns of the same name, and the tables that have these."""
    bodies = {body.oid: body.body for body in catalog.bodies if body.kind == "view"}
    found: dict[int, frozenset[int]] = {}
    for view in catalog.relations.values():
        if view.kind not in VIEWS or view.oid not in bodies:
            continue
        hidden = set(hidden_in(bodies[view.oid]))
        bases = frozenset(
            base
            for base in catalog.bases.get(view.oid, ())
            if base in catalog.relations and any(catalog.relations[base].column(name) for name in hidden)
        )
        if bases:
            found[view.oid] = bases
    return found


def _of_the_session(catalog: Catalog, views: Collection[int]) -> frozenset[int]:
    """Return those of these views that hold whoever reads them to the session's tenant, past policies too."""
    called = {function for policy in catalog.policies for function in policy.functions}
    asks = {f"{body.name.rpartition('.')[2]}(" for body in catalog.bodies if body.oid in called} | {"current_setting("}
    return frozenset(
        body.oid
        for body in catalog.bodies
        if body.kind == "view" and body.oid in views and any(ask in body.body for ask in asks)
    )


def auditors(catalog: Catalog, trails: Collection[int] = ()) -> frozenset[str]:
    """Return the roles that are named in policies on trails only, each of which shows them every row.

    Args:
        catalog: the database's shape.
        trails: tables that are known to be trails, besides those whose names say so.

    """
    found: dict[str, bool] = {}
    for policy in catalog.policies:
        table = catalog.relations.get(policy.relation)
        if table is None:
            continue
        trail = table.oid in trails or bool(_TRAIL.search(f"{table.schema}_{table.name}"))
        for role in policy.roles:
            fits = trail and policy.command == "r" and policy.qual == "true"
            found[role] = found.get(role, True) and fits
    return frozenset(role for role, fits in found.items() if fits and role != "public")


def definers(connection: Connection, catalog: Catalog) -> Collection[str]:
    """Return the roles nobody logs in as that own functions which run with their rights."""
    rows = connection.execute(
        "select distinct pg_catalog.pg_get_userbyid(p.proowner)::text from pg_catalog.pg_proc as p"
        " where p.prosecdef and p.oid >= 16384"
    )
    return {row[0] for row in rows if row[0] in catalog.roles and not catalog.roles[row[0]].login}
