"""Learn what a database's tenants, roles and settings are, and say what was assumed."""

from ttdb.validate.discover.found import Discovery, Hints
from ttdb.validate.discover.learn import discover

__all__ = ["Discovery", "Hints", "discover"]
