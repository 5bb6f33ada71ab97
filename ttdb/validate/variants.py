"""A row as it may become: with the values that policies name, for a command that they may let through then."""

import re
from collections.abc import Mapping

from ttdb.validate.catalog import Column, Relation
from ttdb.validate.discover.settings import says_login
from ttdb.validate.oracle import MOVE, Question
from ttdb.validate.owning import owning
from ttdb.validate.world import World

_LITERAL, _NUMBER = re.compile(r"'([^']*)'"), re.compile(r"(?<![\w'])-?[0-9]{1,9}(?![\w'])")
_DAYS = ("1900-01-01", "2100-01-01")
_MOST = 60


def variants(world: World, role: str, relation: Relation, row: Mapping[str, object], command: str) -> list[Question]:
    """Ask of a command about the row with one value changed to one that a policy names, or to null."""
    commands = ("w" if command == MOVE else command, "*")
    policies = [each for each in world.found.catalog.policies_of(relation, role) if each.command in commands]
    text = " ".join(each.text for each in policies)
    named = {name for each in policies for name in each.columns}
    whose = {name for columns in owning(world, relation) for name in columns}  # with another, it is another's
    # Who writes as the same login may be any tenant.
    words = list(dict.fromkeys([*_LITERAL.findall(text), *([role] if says_login(text) else ())]))
    numbers = list(dict.fromkeys(_NUMBER.findall(text)))
    found: list[Question] = []
    for column in relation.columns:
        alone = relation.key == (column.name,)  # then another value is another row
        if column.name in named and column.name not in whose and not alone:
            values = [each for each in _values(column, words, numbers) if each != row.get(column.name)]
            found += [Question(relation, command, {**row, column.name: each}) for each in values]
    return found[:_MOST]


def _values(column: Column, words: list[str], numbers: list[str]) -> list[object]:
    found: list[object] = [] if column.not_null else [None]
    if column.category == "B":
        return [*found, True, False]
    if column.category == "N":
        return [*found, *(int(each) + step for each in numbers for step in (0, 1, -1))]
    if column.category == "D":
        return [*found, *_DAYS]
    if column.type in ("json", "jsonb"):
        keyed = ({key: value} for key in words for value in (True, *words))
        return [*found, *words, *([word] for word in words), *keyed]
    return [*found, *words]
