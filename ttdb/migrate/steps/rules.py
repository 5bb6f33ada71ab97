"""Rules that no CHECK can keep, as steps: over several rows, over time."""

import json
from collections.abc import Mapping

from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step


def transitions(relation: str, column: str, name: str, message: str, **allowed: str) -> Step:
    """Return a step that lets a column change only as listed, by ``ttdb.allow_transitions``.

    Args:
        relation: schema-qualified table.
        column: whose values follow each other.
        name: of the constraint; reads as the rule.
        message: for a person who breaks it.
        allowed: each value with the words that may follow it: ``OPEN="CLOSED LOCKED"``; a value left out is final.

    """
    place = f"{literal(relation)}, {literal(column)}"
    lists = literal(json.dumps({value: following.split() for value, following in allowed.items()}))
    return Step(
        name=f"rule-{kebab(name)}",
        up=(f"select ttdb.allow_transitions({place}, {literal(name)}, {literal(message)}, {lists});",),
        down=(f"select ttdb.drop_rule({literal(relation)}, {literal(name)});",),
        holds=f"select ttdb.has_transitions({place}, {literal(name)}, {lists})",
        relations=(relation,),
    )


def written_once(relation: str, columns: str, name: str, message: str) -> Step:
    """Return a step that keeps what is written in columns, by ``ttdb.keep_values``; ``columns`` are words."""
    names = text_array(columns.split())
    return Step(
        name=f"rule-{kebab(name)}",
        up=(f"select ttdb.keep_values({literal(relation)}, {names}, {literal(name)}, {literal(message)});",),
        down=(f"select ttdb.drop_rule({literal(relation)}, {literal(name)});",),
        holds=f"select ttdb.keeps_values({literal(relation)}, {names}, {literal(name)})",
        relations=(relation,),
    )


def rule_by_trigger(  # noqa: PLR0913 each says what none of the others does
    name: str, message: str, calls: str, on: Mapping[str, str], *, at_commit: bool = True, when: str | None = None
) -> Step:
    """Return a step that keeps a rule over several rows by constraint triggers, one a table, all of one name.

    Args:
        name: of the constraint; reads as the rule.
        message: for a person who breaks it.
        calls: the trigger function, with its arguments: ``ttdb.tg__count_ticket()``.
        on: each table with what fires there: ``insert or update of quantity or delete``.
        at_commit: whether it looks when the transaction commits, or at the end of the statement.
        when: a condition that is asked when the row changes, by whoever changes it.

    """
    condition = f"when ({when}) " if when else ""
    moment = "deferrable initially deferred" if at_commit else "not deferrable"
    up = [
        f"create constraint trigger {identifier(name)} after {events} on {qualified(relation)}\n"
        f"{moment} for each row {condition}execute function {calls};\n"
        f"comment on trigger {identifier(name)} on {qualified(relation)} is {literal(message)};"
        for relation, events in on.items()
    ]
    down = [f"drop trigger {identifier(name)} on {qualified(relation)};" for relation in reversed(list(on))]
    standing = [_trigger_stands(name, calls, relation, deferred=at_commit, conditional=bool(when)) for relation in on]
    return Step(
        name=f"rule-{kebab(name)}",
        up=("\n".join(up),),
        down=("\n".join(down),),
        holds="select " + "\n    and ".join(standing),
        relations=tuple(on),
    )


def _trigger_stands(name: str, calls: str, relation: str, *, deferred: bool, conditional: bool) -> str:
    return (
        "exists (\n"
        "        select from pg_catalog.pg_trigger as t\n"
        f"        where t.tgrelid = pg_catalog.to_regclass({literal(relation)}) and t.tgname = {literal(name)}\n"
        f"            and t.tgfoid = pg_catalog.to_regprocedure({literal(calls.split('(', 1)[0] + '()')})\n"
        f"            and t.tgconstraint <> 0 and t.tgenabled in ('O', 'A')\n"
        f"            and t.tginitdeferred = {str(deferred).lower()}\n"
        f"            and (t.tgqual is not null) = {str(conditional).lower()}\n"
        "    )"
    )
