"""What a trigger's function writes: which inserts are records of changes, and which column holds what."""

import pytest

from ttdb.validate.discover.recording import arguments_of, records_in, split, tells_of_changes

IN_VARIABLES = """
declare
    v_was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    v_is jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
begin
    insert into log.facts (org_id, verb, was, now_is, person)
    values (coalesce(new.org_id, old.org_id), tg_op, v_was, v_is, session_user);
    return null;
end
"""
STATEMENT = """
begin
    insert into log.facts (verb, was, now_is, person)
    select tg_op, to_jsonb(o), to_jsonb(n), current_user
    from old_rows as o full join new_rows as n on n.id = o.id;
    return null;
end
"""
DYNAMIC = """
begin
    execute 'insert into log.facts (verb, was, now_is) values ($1, $2, $3)' using tg_op, to_jsonb(old), to_jsonb(new);
    return null;
end
"""
SHADOW = "begin insert into log.facts select old.*, now(), session_user, tg_op; return old; end"


@pytest.mark.parametrize("body", [IN_VARIABLES, STATEMENT, DYNAMIC, SHADOW])
def test_record_of_a_change_is_known(body: str) -> None:
    (record,) = records_in(body)

    assert record.target == "log.facts"
    assert tells_of_changes(record, names_who=False)


@pytest.mark.parametrize(
    "body",
    [
        "begin insert into core.usage (org_id, n) values (new.org_id, 1); return null; end",
        "begin if tg_op = 'DELETE' then delete from keys; else insert into keys (k) values (new.k); end if; end",
        "begin insert into found (id, line) values (new.id, to_jsonb(new)::text); return null; end",
        "begin insert into feed (org_id, person, at) values (new.org_id, session_user, now()); return null; end",
        "begin insert into changed (line) values (to_jsonb(coalesce(new, old))); return null; end",
        "begin -- insert into log.facts (was, who, op) values (to_jsonb(old), session_user, tg_op)\n return new; end",
    ],
)
def test_other_inserts_are_no_records(body: str) -> None:
    assert not any(tells_of_changes(record, names_who=False) for record in records_in(body))


def test_columns_are_known_by_what_is_written_to_them() -> None:
    (record,) = records_in(IN_VARIABLES)

    assert record.actors == ("person",)
    assert record.holding("org_id") == "org_id"


def test_what_a_helper_is_given_is_known_of_its_call() -> None:
    given = arguments_of("begin perform log.put(coalesce(new.id, old.id), tg_op, to_jsonb(old)); end", "put")
    (record,) = records_in("insert into log.facts (verb, was) values ($2, $3)", given)

    assert given == ["coalesce(new.id, old.id)", "tg_op", "to_jsonb(old)"]
    assert tells_of_changes(record, names_who=False)


def test_lists_are_split_outside_parentheses_and_texts() -> None:
    assert split("a, f(b, c), 'd, (e', g") == ["a", "f(b, c)", "'d, (e'", "g"]
