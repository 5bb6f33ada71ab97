"""Keys of masks that a role can read: in definitions, in settings, and in tables."""

import re
from collections.abc import Mapping

from psycopg import sql

from ttdb.validate.catalog import Relation
from ttdb.validate.queries import query
from ttdb.validate.world import World

_LITERAL = re.compile(r"'((?:[^']|'')+)'")
_DIGESTS = re.compile(r"md5|sha[0-9]|digest|hmac|crypt|hash", re.IGNORECASE)
_TELLING = re.compile(r"key|secret|salt|pepper|config|setting|param", re.IGNORECASE)
_SHORT, _LONG, _MOST, _ROWS = 3, 200, 300, 20


def readable_keys(world: World, role: str) -> Mapping[str, str]:
    """Return texts that may be keys, by text, and where each can be read."""
    found: dict[str, str] = {}
    for body in world.found.catalog.bodies:
        if _DIGESTS.search(body.body):
            for text in _LITERAL.findall(body.body):
                found.setdefault(text.replace("''", "'"), f"the definition of {body.name}")
    for row in world.oversee(sql.SQL(query("key_texts"))).rows:
        for text in _LITERAL.findall(row[0] or ""):
            found.setdefault(text.replace("''", "'"), "an index, a default or a setting that anybody may read")
    for relation in world.readable(role):
        if _TELLING.search(relation.name) or any(_TELLING.search(each.name) for each in relation.columns):
            for text in _values(world, role, relation):
                found.setdefault(text, str(relation))
    return {text: place for text, place in [*found.items()][:_MOST] if _SHORT < len(text) < _LONG}


def _values(world: World, role: str, relation: Relation) -> list[str]:
    names = [each.name for each in relation.columns if world.rights[role, relation.oid].may_read(each.name)]
    tenant = next(iter(world.ground.tenants), None)
    columns = sql.SQL(", ").join(sql.SQL("r.{}::text").format(sql.Identifier(name)) for name in names)
    with world.acting_as(role, world.context(tenant)) as acting:
        rows = acting.attempt(
            sql.SQL("select {} from {} as r limit {}").format(columns, relation.identifier, sql.Literal(_ROWS))
        ).rows
    return [value for row in rows for value in row if value]
