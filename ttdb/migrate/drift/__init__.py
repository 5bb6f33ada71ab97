"""Drift: what a database's catalog holds, against what the revision that it claims makes of an empty one."""

from ttdb.migrate.drift.run import drift

__all__ = ["drift"]
