"""A project of a service team, whose migrations are its own."""

from pathlib import Path

import pytest
from support.project import SHOP


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a configuration that names a setup command, and no tests yet."""
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nttdb_setup = python {SHOP}\n", encoding="utf-8")
    return tmp_path
