"""Changes of others' rows: what the database takes of them, in whose name, and in which order."""

from collections.abc import Iterator
from contextlib import contextmanager

from attack.test_units import HINTS
from support.databases import connect

from ttdb.postgres.url import Url
from ttdb.validate.acting import Acting
from ttdb.validate.discover import discover
from ttdb.validate.ground import survey
from ttdb.validate.sessions import Sessions
from ttdb.validate.world import World
from ttdb.validate.world_changes import Update, changed, deleted, learn, taken

_ACTOR = "a0000000-0000-4000-8000-00000000000a"
# The state has a CHECK that no invented value meets, and a change is taken in its own tenant's session alone.
_STRICT = """
alter table app.orders add column state text not null default 'open' check (state in ('open', 'done'));
create function app.tg__only_own() returns trigger language plpgsql set search_path = '' as $$
begin
    if new.org_id <> app.org() then
        raise exception 'not of this session';
    end if;
    return new;
end
$$;
create trigger _500_only_own after update on app.orders for each row execute function app.tg__only_own();
"""


@contextmanager
def _acting(url: Url) -> Iterator[tuple[World, Acting]]:
    with connect(url) as overseer:
        found = discover(overseer, HINTS)
        with Sessions(url, overseer, found) as sessions:
            world = World(found, survey(overseer, found), sessions, disposable=True)
            with sessions.acting_as("example_app", world.context(_ACTOR)) as acting:
                yield world, acting


def test_what_a_check_refuses_is_left_out_and_the_rest_changed_in_each_others_name(example_url: Url) -> None:
    with connect(example_url) as connection:
        connection.execute(_STRICT.encode())

    with _acting(example_url) as (world, acting):
        changes = changed(world, _ACTOR)
        made = taken(acting, changes)
        learn(world, made.changes)
        again = {each.relation.name: each for each in changed(world, _ACTOR)}

    orders = [each for each in made.changes if each.relation.name == "orders" and isinstance(each, Update)]
    assert [[part.as_string(None) for part in each.assigned] for each in orders] == [
        ['"note" = r."note" || \'~\'', '"total" = r."total" + 1']
    ]
    assert orders[0].statements == orders[0].apart
    assert not made.refused
    tried = again["orders"]
    assert isinstance(tried, Update)
    assert tried.assigned == orders[0].assigned  # another tenant's worlds begin with what is known to be taken


def test_rows_go_before_those_that_they_refer_to(example_url: Url) -> None:
    with _acting(example_url) as (world, acting):
        names = [each.relation.name for each in deleted(world, _ACTOR)]
        made = taken(acting, deleted(world, _ACTOR))

    assert names.index("order_items") < names.index("orders") < names.index("customers")
    assert not made.refused
