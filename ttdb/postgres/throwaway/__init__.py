"""Throwaway servers: start one, use it, and it is gone, whatever happens to the process that asked for it."""

from ttdb.postgres.throwaway.base import Throwaway
from ttdb.postgres.throwaway.choose import throwaway
from ttdb.postgres.throwaway.kept import in_memory

__all__ = ["Throwaway", "in_memory", "throwaway"]
