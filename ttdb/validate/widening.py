"""Values that might open what a setting guards: what it is compared with, and what administrators are called."""

import json
import re

from ttdb.validate.discover.settings import compared_with, json_keys_of, literals_beside
from ttdb.validate.world import World

_WIDENING = (
    "true", "on", "1", "t", "yes", "admin", "superadmin", "super_admin", "administrator", "superuser", "system",
    "service", "internal", "root", "owner", "staff", "support", "bypass", "all", "any", "*", "%", "0", "-1", "",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
)  # fmt: skip
NOBODIES = ("0", "-1", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001")
_IDENTIFIER = re.compile(r"-?[0-9]+|[0-9a-fA-F-]{36}")
_DOCUMENTS = 60


def values(world: World, setting: str) -> list[str]:
    """Return what to try; to the tenant's own setting nothing that may be a tenant, whom a session may choose."""
    catalog = world.found.catalog
    literals = literals_beside(catalog, setting)
    tried = dict.fromkeys((*literals, *compared_with(catalog, setting), *_WIDENING))
    if setting in world.found.tenant_settings:
        return [value for value in tried if value not in world.ground.tenants and not _IDENTIFIER.fullmatch(value)]
    keys = json_keys_of(catalog, setting)
    documents = [json.dumps({key: value}) for key in keys for value in (*literals, *_WIDENING) if value not in keys]
    return [*tried, *documents[:_DOCUMENTS]]
