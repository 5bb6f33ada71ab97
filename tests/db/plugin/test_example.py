"""The documented example service passes its tests, and its tests catch the leak that comes with it."""

import shutil
from pathlib import Path

import pytest
from support.project import run_pytest

from ttdb.config import Settings

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "orders_service"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Return a copy of the example to change."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "orders_service", ignore=shutil.ignore_patterns("*cache*")))


def test_example_passes(settings: Settings, example: Path) -> None:
    ran = run_pytest(example, settings, "-n", "0")

    assert ran.outcomes == {"passed": 4}, ran.text


def test_leak_is_caught_by_the_assertion_alone(settings: Settings, example: Path) -> None:
    (leak,) = (example / "leaks").glob("*.sql")
    shutil.copy(leak, example / "migrations")

    ran = run_pytest(example, settings, "-n", "0")

    assert ran.outcomes == {"passed": 3, "failed": 1}, ran.text
    assert "FAILED tests/test_orders.py::test_no_shop_reaches_orders_of_another_in_any_way" in ran.text
    assert "error   ISO003 public.customers  orders_service, working for one tenant, reads rows of another" in ran.text
