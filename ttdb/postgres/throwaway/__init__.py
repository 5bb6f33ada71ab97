"""Throwaway servers: start one, use it, and it is gone, whatever happens to the process that asked for it."""

from ttdb.postgres.throwaway.base import Throwaway
from ttdb.postgres.throwaway.choose import throwaway

__all__ = ["Throwaway", "throwaway"]
