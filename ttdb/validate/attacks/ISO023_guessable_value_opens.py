'''
code = "ISO023"
name = "guessable-value-opens"
severity = "error"
since = "0.1.0"
title = "Another tenant's row opens to whoever sets a setting to its number, which can be guessed"
why = """
A policy shows a row to a session that names its number or its code in a setting, as a link to share does. What a server
made at random serves for that: who has it was given it. A number that counts up, a short code or an address is found by
trying, one statement each. The setting is set to what another's row has, where that is so near to one's own values.
Where the setting says who the session is, and other policies hold the table to the tenant, it is a warning.
"""
bad = """
create policy select_shared on app.orders for select to example_app
using (number::text = pg_catalog.current_setting('app.shared_order', true));
"""
fix = """
alter table app.orders add column share_token uuid not null unique default gen_random_uuid();
alter policy select_shared on app.orders
using (share_token::text = pg_catalog.current_setting('app.shared_order', true));
"""
subsumed_by = ["ISO003", "ISO004"]
'''

import re
from collections.abc import Collection, Iterator

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.causes import through
from ttdb.validate.discover.settings import by_relation
from ttdb.validate.evidence import script
from ttdb.validate.guessing import within_reach
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import beside, tables_in, with_called
from ttdb.validate.show import foreign_rows
from ttdb.validate.world import World

# Who the session says it is, it says as it says whose it is: where a table is kept by that alone, so it is meant.
_WHO = re.compile(
    r"user|login|member|actor|subject|person|principal|staff|email|(^|[._])(sub|uid|me|by)$", re.IGNORECASE
)
_MOST = 3


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Set each setting beside the tenant's to the values of others' rows that are within reach, and look again."""
    depends = by_relation(world.found.catalog)
    for role in world.attackers:
        for oid, sight in world.reads(role).items():
            relation = world.relation(oid)
            if relation.kind not in TABLES or sight.seen or sight.error:
                continue
            settings = [
                each
                for each in world.found.other_settings
                if each in depends[oid] and (not _WHO.search(each) or _widens(world, role, relation, each))
            ]
            hole = next((hole for each in settings if (hole := _try(world, role, relation, each)) is not None), None)
            if hole is not None:
                yield hole


def _try(world: World, role: str, relation: Relation, setting: str) -> Hole | None:
    actor, condition = world.actor(relation), world.foreign(role, relation)
    if actor is None or condition is None:
        return None
    for column, value in _guesses(world, role, relation, setting, actor):
        settings = world.context(actor) | {setting: value}
        seen = world.look(role, settings, {relation.oid: condition})[relation.oid].seen
        shown = foreign_rows(world, relation, role, settings, actor) if seen else None
        if shown is not None:
            return Hole(
                object=str(relation),
                role=role,
                detail=f"{role} reads other tenants' rows after setting {setting} to a {column} that can be guessed"
                f"{through(world.found, relation, role, setting)}",
                cause=f"any session can set {setting} to numbers of others' rows",
                evidence=script(role, settings, shown),
                severity=Severity.WARNING if _WHO.search(setting) else None,
            )
    return None


def _widens(world: World, role: str, relation: Relation, setting: str) -> bool:
    """Tell whether another policy, which does not read the setting, holds the relation to the tenant already."""
    policies = [each for each in world.found.catalog.policies_of(relation, role) if each.command in "r*"]
    tenant = world.found.tenant_columns.get(relation.oid)
    held = [each.text for each in policies if each.permissive and tenant in each.columns]
    return any(setting not in with_called(world.found.catalog, [each]) for each in held)


def _guesses(world: World, role: str, relation: Relation, setting: str, actor: str) -> Iterator[tuple[str, str]]:
    """Return values of others in the columns that policies for reading ask for, the tenant's own apart.

    So too in those of other tables that functions which they call compare with the setting.
    """
    policies = [each for each in world.found.catalog.policies_of(relation, role) if each.command in "r*"]
    asked = {name for each in policies for name in each.columns}
    yield from _values(world, relation, asked, actor)
    text = with_called(world.found.catalog, [each.text for each in policies])
    said = rf"\bcurrent_setting\s*\(\s*'{re.escape(setting)}'"
    for oid in tables_in(world.found.catalog, text):
        other = world.relation(oid)
        compared = {each.name for each in other.columns if beside(text, each.name, said)}
        if other.oid != relation.oid:
            yield from _values(world, other, compared, actor)


def _values(world: World, relation: Relation, names: Collection[str], actor: str) -> Iterator[tuple[str, str]]:
    """Return values of others within reach in these columns of a table, the tenant's own apart."""
    holding = world.ground.holdings.get(relation.oid)
    own = holding.rows.get(actor, ()) if holding is not None else ()
    others = [row for _, row in world.ground.victims(relation.oid, actor)]
    for name in sorted({*names} - {world.found.tenant_columns.get(relation.oid)}):
        known = [str(row[name]) for row in own if row.get(name) is not None]
        values = [str(row[name]) for row in others if isinstance(row.get(name), str | int)]
        for value in [each for each in dict.fromkeys(values) if within_reach(each, known)][:_MOST]:
            yield name, value
