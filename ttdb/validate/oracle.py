"""What policies say of one row, asked as the role itself: also for writes that name no row, and rows that are not yet.

A policy's expression is evaluated over a row made from JSON, by the role, with its settings: the subqueries in it are
held by policies as they are when the server evaluates it, and nothing is written.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.catalog import Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.world import World

VERBS = {"r": "select", "a": "insert", "w": "update", "d": "delete"}
MOVE = "m"  # an update of a row that policies let be updated; the row of the question is what it becomes
TAKE = "t"  # an update of the row to something that policies let be


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the policies admit a command on a row."""

    relation: Relation
    command: str  # r, a, w, d, MOVE or TAKE
    row: Mapping[str, object]


def guarded(found: Discovery, relation: Relation, role: str) -> bool:
    """Tell whether policies hold for the role at all: where not, other attacks show it."""
    known = found.catalog.roles[role]
    owned = relation.owner in {role, *known.inherits}
    return relation.enabled and not known.superuser and not known.bypasses and (relation.forced or not owned)


def statement(found: Discovery, role: str, question: Question) -> sql.Composed:
    """Return a select that has a row when the policies admit the command on the row."""
    relation = question.relation
    held = [
        sql.SQL("({})").format(sql.SQL(each))  # as the catalog has it
        for each in conditions(found, relation, role, question.command)
    ]
    key: list[sql.Composable] = [sql.Identifier(relation.name, name) for name in relation.key]
    return sql.SQL("select {} from jsonb_populate_record(null::{}, {}) as {} where {}").format(
        sql.SQL(", ").join(key or [sql.SQL("1")]),
        relation.identifier,
        sql.Literal(json.dumps(question.row)),
        sql.Identifier(relation.name),
        sql.SQL(" and ").join(held),
    )


def admitted(found: Discovery, role: str, acting: Acting, questions: Iterable[Question]) -> list[Question]:
    """Return the questions whose answer is yes; one that cannot be answered, as for a row that cannot be, is no."""
    asked = list(questions)
    if not asked:
        return []
    outcome = acting.attempt(
        sql.SQL(" union all ").join(
            sql.SQL("select {} where exists ({})").format(sql.Literal(number), statement(found, role, each))
            for number, each in enumerate(asked)
        )
    )
    if outcome.done:
        return [asked[row[0]] for row in outcome.rows]
    if len(asked) == 1:
        return []
    half = len(asked) // 2
    return admitted(found, role, acting, asked[:half]) + admitted(found, role, acting, asked[half:])


def conditions(found: Discovery, relation: Relation, role: str, command: str) -> Iterator[str]:
    """Return what must all hold for a command, as the catalog has it."""
    if command in (MOVE, TAKE):
        yield from _of(found, relation, role, "w", check=command == MOVE)
        return
    yield from _of(found, relation, role, command, check=command == "a")
    if command == "w":  # the row stays as it is, so it must pass both
        yield from _of(found, relation, role, command, check=True)


def _of(found: Discovery, relation: Relation, role: str, command: str, *, check: bool) -> Iterator[str]:
    policies = [each for each in found.catalog.policies_of(relation, role) if each.command in (command, "*")]
    texts = [
        (each.permissive, each.with_check if check and each.with_check is not None else each.qual) for each in policies
    ]
    permissive = [text for permissive, text in texts if permissive and text is not None]
    yield " or ".join(f"({text})" for text in permissive) or "false"
    yield from (text for permissive, text in texts if not permissive and text is not None)


def may(world: World, role: str, relation: Relation, command: str) -> bool:
    """Tell whether the role holds the privilege for a command."""
    rights = world.rights.get((role, relation.oid))
    if rights is None:
        return False
    return {"r": rights.selects, "a": rights.inserts, "w": rights.updates, "d": rights.deletes}[command]
