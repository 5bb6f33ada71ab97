"""Holes made by hand in the platform's own schema: masks, trail, managed objects, and the policies of ``protect``."""

from dataclasses import dataclass

import pytest
from attack.holes import shows_leak
from support.databases import connect

from ttdb.model.validation import Finding, ValidationReport, Verdict
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate


@dataclass(frozen=True)
class _Hole:
    make: str
    object: str
    codes: tuple[str, ...]


HOLES = {
    "row security off": _Hole("alter table public.orders disable row level security", "public.orders", ("ISO003",)),
    "using (true)": _Hole(
        "create policy select_all on public.orders for select to ttdb_app using (true)", "public.orders", ("ISO003",)
    ),
    "with check (true)": _Hole(
        "alter policy insert_own_tenant on public.orders with check (true)", "public.orders", ("ISO005",)
    ),
    "opened by a setting": _Hole(
        "alter policy select_own_tenant on public.orders using"
        " (tenant_id = (select ttdb.tenant_id()) or current_setting('app.is_system_user', true) = 'true')",
        "public.orders",
        ("ISO004",),
    ),
    "view with owner's rights": _Hole(
        "create view public.every_order as select id, order_number from public.orders;"
        " grant select on public.every_order to ttdb_app",
        "public.every_order",
        ("ISO003",),
    ),
    "disabled audit trigger": _Hole(
        "alter table public.orders disable trigger user", "public.orders", ("AUD001", "AUD003")
    ),
    "mask replaced by the identity": _Hole(
        "create or replace function masked.email(value text, inner_key bytea, outer_key bytea)"
        " returns text language sql stable return value",
        "masked.users",
        ("MSK002",),
    ),
    "raw table granted to support": _Hole(
        "grant select on public.users to ttdb_support", "public.users", ("MSK001", "MSK002")
    ),
    "dropped CHECK": _Hole(
        "alter table public.orders drop constraint orders_total_must_be_subtotal_plus_tax_less_discount",
        "public.orders.orders_total_must_be_subtotal_plus_tax_less_discount",
        ("MIG001",),
    ),
}


def _found(report: ValidationReport, hole: _Hole) -> list[Finding]:
    return [each for each in report.findings if each.object == hole.object and each.code in hole.codes]


@pytest.mark.parametrize("name", HOLES)
def test_hole_in_the_platform_is_found_named_and_shown(name: str, seeded_url: Url) -> None:
    hole = HOLES[name]
    with connect(seeded_url) as connection:
        connection.execute(hole.make.encode())

    report = validate(seeded_url, Request())

    assert report.verdict is Verdict.FAIL
    assert _found(report, hole), [(finding.code, finding.object) for finding in report.findings]
    assert all(shows_leak(seeded_url, finding) for finding in _found(report, hole))


def test_platform_passes_without_errors_or_warnings(seeded_url: Url) -> None:
    report = validate(seeded_url, Request())

    # The key is declared to be made at random by the provider: said once, since only people know whether that is true.
    key = "public.payment_transactions_payment_intent_id_keys.payment_transactions_payment_intent_id_key"
    assert [finding.code for finding in report.findings] == ["ISO000", "CON003"]
    assert [(each.severity, each.object) for each in report.findings[1:]] == [("info", key)]
    assert report.unproven == ()
    assert report.verdict is Verdict.PASS
