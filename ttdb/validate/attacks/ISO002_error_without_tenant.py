'''
code = "ISO002"
name = "error-without-tenant"
severity = "warning"
since = "0.1.0"
title = "A session without a valid tenant gets an error where it should see no rows"
why = """
A policy that casts or demands a setting raises an error when it is unset, empty or malformed. Any query on the table
then fails, on a pooled connection after the first transaction too, where the setting reads as an empty string. No row
is read so: it is said for information, unless the refusal itself tells what stands in a tenant's row.
"""
bad = """
create function app.is_own(p_org uuid, p_note text) returns boolean language plpgsql stable set search_path = '' as $$
begin
    if app.org() is null then
        raise exception 'sign in to see %', p_note;
    end if;
    return p_org = app.org();
end
$$;
alter policy select_own_org on app.orders using (app.is_own(org_id, note));
"""
fix = """
alter policy select_own_org on app.orders using (org_id = (select app.org()));
drop function app.is_own(uuid, text);
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.causes import through
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import TIMEOUT
from ttdb.validate.world import Sight, World

_DENIED = "42501"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read every relation in sessions that have no tenant, and report refusals other than for lack of privilege."""
    for role in world.attackers:
        honest = world.reads(role)
        told: set[int] = set()
        for how, sights in world.reads_without_tenant(role).items():
            for oid, sight in sights.items():
                fails_anyway = oid in honest and bool(honest[oid].error)
                if sight.error and oid not in told and not fails_anyway and sight.sqlstate not in (_DENIED, *TIMEOUT):
                    told.add(oid)
                    yield _hole(world, oid, role, how, sight)


def _hole(world: World, oid: int, role: str, how: str, sight: Sight) -> Hole:
    relation = world.relation(oid)
    policies = through(world.found, relation, role)
    read = sql.SQL("select count(*) from {}").format(relation.identifier)
    return Hole(
        object=str(relation),
        role=role,
        detail=f"reading fails for {role} when the tenant is {how}: {sight.error}{policies}",
        severity=None if _tells(world, role, how, read) else Severity.INFO,
        cause="policies raise an error without a tenant",
        evidence=script(role, world.nobody(how), read),
    )


def _tells(world: World, role: str, how: str, read: sql.Composed) -> bool:
    """Tell whether the refusal holds a value that stands in a tenant's row only."""
    with world.acting_as(role, world.nobody(how), fresh=how == "unset") as acting:
        said = acting.attempt(read).told
    return any(value in said for value in world.canaries(""))
