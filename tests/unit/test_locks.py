"""The lock that a plan tells of a step: of each shipped one some phrase, and the right one."""

import pytest

from ttdb.migrate.locks import lock_of
from ttdb.migrate.script import directory, steps
from ttdb.migrate.step import Step


def test_no_shipped_step_keeps_its_lock_to_itself() -> None:
    unknown = [
        f"{script.revision} {step.name}"
        for script in directory().walk_revisions()
        for step in steps(script)
        if lock_of(step) == "not known beforehand"
    ]

    assert unknown == []


@pytest.mark.parametrize(
    ("statement", "lock"),
    [
        ("alter table a.b add column c int;", "ACCESS EXCLUSIVE"),
        ("alter table a.b add constraint c check (d > 0) not valid;", "ACCESS EXCLUSIVE"),
        (
            "alter table a.b add constraint c foreign key (d) references a.e (d) not valid;",
            "SHARE ROW EXCLUSIVE on both",
        ),
        ('alter table "a"."b c" validate constraint c;', "SHARE UPDATE EXCLUSIVE"),
        ("alter table a.b validate constraint c; alter table a.b alter column d set not null;", "ACCESS EXCLUSIVE"),
        ("create index concurrently c on a.b (d);", "SHARE UPDATE EXCLUSIVE"),
        ("create index c on a.b (d);", "SHARE: writers wait"),
        ("create function a.f() returns void language plpgsql as $f$ alter table a.b add c int; $f$;", "none"),
        ("create function a.f() returns int return 1; create trigger t before update on a.b execute f();", "SHARE ROW"),
        ("create policy p on a.b using (true); grant select on a.b to c;", "ACCESS EXCLUSIVE"),
        ("drop trigger t on a.b;", "ACCESS EXCLUSIVE"),
        ("-- What calls ttdb.protect().\ncreate or replace function a.f() returns int language sql return 1;", "none"),
        ("select ttdb.protect('a.b'); comment on table a.b is 'no foreign key; none';", "ACCESS EXCLUSIVE"),
        ("comment on table a.b is 'its alter table; and all';", "SHARE UPDATE EXCLUSIVE"),
        (
            "create table a.e (b int references a.b); alter table a.e enable row level security;",
            "SHARE ROW EXCLUSIVE on",
        ),
    ],
)
def test_lock_is_that_of_the_strongest_statement(statement: str, lock: str) -> None:
    assert lock_of(Step(name="step", up=(statement,), down=(), holds="select true")).startswith(lock)
