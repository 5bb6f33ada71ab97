"""Two revisions of a small shop, with steps of every kind, each of which lets a test in before it begins."""

from collections.abc import Iterable
from dataclasses import replace

from ttdb.migrate.literal import literal
from ttdb.migrate.step import Step
from ttdb.migrate.steps import backfill, check, converted, index, protected, sql

_RECEIPTS = "public.receipts"


def _entered(steps: Iterable[Step]) -> list[Step]:
    """Return steps whose promise is looked at through a function of the test's."""
    return [
        replace(step, holds=f"select crash.boundary({literal(step.name)}) and coalesce(({step.holds}), false)")
        for step in steps
    ]


_COLUMN = (
    "select exists (select from pg_catalog.pg_attribute as a"
    " where a.attrelid = pg_catalog.to_regclass('public.receipts') and a.attname = 'currency')"
)
FIRST = _entered(
    [
        sql(
            "add-currency",
            up=(
                "alter table public.receipts add column currency text;"
                "alter table public.receipts alter column currency set default 'EUR';"
            ),
            down="alter table public.receipts drop column currency;",
            holds=_COLUMN,
            relations=(_RECEIPTS,),
        ),
        index("receipts_number_idx", _RECEIPTS, "(crash.shown(number))", comment="a receipt by its number"),
        *check(_RECEIPTS, "receipts_amount_must_fit", "crash.fits(amount)", comment="the amount is below 0"),
        backfill(_RECEIPTS, set="currency = 'EUR'", where="t.currency is null"),
    ]
)
SECOND = _entered(
    [
        *converted(_RECEIPTS, "paid_at", retention="7 years"),
        protected(_RECEIPTS, app="select, insert, update"),
    ]
)
# Of the others nothing is looked at before they run.
BOUNDARIES = [f"before {step.name}" for step in (*FIRST, *SECOND) if not step.always]
INSIDE = ["concurrently", "validate", "batch", "exchange", "copy", "swap"]
