"""Make a live, shared-schema, multi-tenant PostgreSQL provably isolated, audited, masked and migratable."""

from importlib.metadata import version

__version__ = version("ttdb")
