"""Seeding: fill a database with invented rows that satisfy every constraint, the same for the same seed anywhere."""

from ttdb.model.seeding import SeedReport
from ttdb.seed.digest import digest
from ttdb.seed.progress import OnProgress
from ttdb.seed.run import repair, seed
from ttdb.seed.scenario import GENERIC, USUAL, names
from ttdb.seed.standing import to_append_to

__all__ = ["GENERIC", "USUAL", "OnProgress", "SeedReport", "digest", "names", "repair", "seed", "to_append_to"]
