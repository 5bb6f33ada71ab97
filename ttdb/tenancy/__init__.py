"""How the rows of tables that stand belong to tenants: proposed from catalog and data, decided in a file."""

from ttdb.tenancy.check import Trouble, check
from ttdb.tenancy.file import Decision, Decisions, read, written
from ttdb.tenancy.model import Belongs, Proposal
from ttdb.tenancy.plan import propose
from ttdb.tenancy.revision import revision

__all__ = ["Belongs", "Decision", "Decisions", "Proposal", "Trouble", "check", "propose", "read", "revision", "written"]
