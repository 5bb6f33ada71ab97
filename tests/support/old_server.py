"""A real server of a version that ttdb does not support."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ttdb.postgres.throwaway.binaries import Binaries
from ttdb.postgres.throwaway.cluster import cluster
from ttdb.postgres.url import Url

GET = Path(__file__).parents[3] / "shared" / "postgres" / "get"


@contextmanager
def old_server() -> Iterator[Url]:
    """Start PostgreSQL 14, where its binaries can be had."""
    if not GET.is_file():
        pytest.skip("no PostgreSQL 14 at hand; tests/unit/test_connect.py tests the same rule on version numbers")
    got = subprocess.run([str(GET), "14"], capture_output=True, text=True, check=True)
    with cluster(Binaries(Path(got.stdout.strip()), "14", 14)) as running:
        yield running.url
