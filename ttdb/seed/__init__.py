"""Seeding: fill a database with invented rows that satisfy every constraint, the same for the same seed anywhere."""

from ttdb.model import SeedReport
from ttdb.seed.digest import digest
from ttdb.seed.run import seed
from ttdb.seed.scenario import names

__all__ = ["SeedReport", "digest", "names", "seed"]
