"""Triggers that look at the row which a new one refers to: parents that do are found and kept."""

from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_TRIPS = """
create table public.vehicles (
    id int primary key, status text not null check (status in ('in', 'out', 'sold', 'broken'))
);
create table public.trips (id int primary key, vehicle_id int not null references public.vehicles, note text);
create function public.must_be_in() returns trigger language plpgsql as $$
begin
    if (select v.status from public.vehicles as v where v.id = new.vehicle_id) <> 'in' then
        raise exception 'vehicle % is not in', new.vehicle_id;
    end if;
    return new;
end $$;
create trigger must_be_in before insert on public.trips for each row execute function public.must_be_in();
"""
_ONCE = """
create function public.goes_out() returns trigger language plpgsql as $$
begin
    update public.vehicles set status = 'out' where id = new.vehicle_id;
    return new;
end $$;
create trigger then_goes_out before insert on public.trips for each row execute function public.goes_out();
"""


def test_parents_that_a_trigger_takes_are_found(database: Connection) -> None:
    report = filled(database, _TRIPS, rows=30)

    assert (report.rows["public.trips"], report.exceptions) == (30, {})
    assert line(database, "select count(distinct vehicle_id) > 2 from public.trips") == (True,)


def test_parents_that_a_trigger_takes_are_found_for_every_tenant(database: Connection) -> None:
    report = filled(
        database,
        "create table public.tenants (id int primary key);"
        + _TRIPS.replace("status text", "tenant_id int not null references public.tenants, status text"),
        rows=100,
    )

    assert (report.rows["public.trips"], report.exceptions) == (100, {})


def test_parents_that_a_trigger_takes_once_are_each_taken(database: Connection) -> None:
    report = filled(
        database,
        _TRIPS + _ONCE,
        rows=30,
    )

    assert line(database, "select count(*) from public.vehicles where status = 'in'") == (0,)
    assert report.rows["public.trips"] > 3
    assert "is not in" in report.exceptions["public.trips"]
