"""Logins for services: members of one of ttdb's groups, with a password that the server never sees."""

from ttdb.roles.change import Change, apply, change
from ttdb.roles.service import DEFAULT_CONNECTIONS, DEFAULTS, GROUPS, PLANNER, Service, check_password, new_password

__all__ = [
    "DEFAULTS",
    "DEFAULT_CONNECTIONS",
    "GROUPS",
    "PLANNER",
    "Change",
    "Service",
    "apply",
    "change",
    "check_password",
    "new_password",
]
