"""Values that might open what a setting guards: what it is compared with, and what administrators are called."""

import json
import re
from typing import Any

from ttdb.validate.discover.settings import compared_with, json_paths_of, literals_beside
from ttdb.validate.world import World

_WIDENING = (
    "true", "on", "1", "t", "yes", "admin", "superadmin", "super_admin", "administrator", "superuser", "system",
    "service", "internal", "root", "owner", "staff", "support", "bypass", "all", "any", "*", "%", "0", "-1", "",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
)  # fmt: skip
NOBODIES = ("0", "-1", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001")
_IDENTIFIER = re.compile(r"-?[0-9]+|[0-9a-fA-F-]{36}")
_DOCUMENTS, _TENANTS = 60, 3


def values(world: World, setting: str) -> list[str]:
    """Return what to try; to the tenant's own setting nothing that may be a tenant, whom a session may choose."""
    catalog = world.found.catalog
    literals = literals_beside(catalog, setting)
    tried = dict.fromkeys((*literals, *compared_with(catalog, setting), *_WIDENING))
    if setting in world.found.tenant_settings:
        return [value for value in tried if value not in world.ground.tenants and not _IDENTIFIER.fullmatch(value)]
    tenants = world.ground.tenants[:_TENANTS]
    lists = [",".join(tenants), f"{{{','.join(tenants)}}}"] if len(tenants) > 1 else []
    paths = json_paths_of(catalog, setting)
    keys = {key for path in paths for key in path}
    each_value = [value for value in dict.fromkeys((*tenants, *literals, *_WIDENING)) if value not in keys]
    documents = [_document(paths, value) for value in each_value] if paths else []
    documents += [_document([path], value) for path in paths for value in each_value] if len(paths) > 1 else []
    return [*tried, *tenants, *lists, *documents[:_DOCUMENTS]]


def _document(paths: list[tuple[str, ...]], value: str) -> str:
    """Return JSON in which every path leads to the value."""
    document: dict[str, Any] = {}
    for path in paths:
        inner = document
        for key in path[:-1]:
            known = inner.get(key)
            inner[key] = inner = known if isinstance(known, dict) else {}
        inner.setdefault(path[-1], value)
    return json.dumps(document)
