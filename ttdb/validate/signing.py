"""Tokens for a database whose tenant context is signed: the overseer mints what the attacks set."""

from typing import Self
from uuid import UUID

import psycopg
from psycopg import sql

from ttdb.errors import PrivilegeMissing, TtdbError
from ttdb.postgres.connect import Connection, scalar

_DENIED = "42501"
_VALID_FOR = "1 hour"  # longer than any validation of ours; no token is shown


class Minted(str):
    """A token that works, and the SQL that mints another like it, which is what may be shown."""

    __slots__ = ("expression",)
    expression: sql.Composed

    @classmethod
    def by(cls, overseer: Connection, expression: sql.Composed) -> Self:
        """Mint one.

        Raises:
            PrivilegeMissing: the login may not sign.
            TtdbError: there is no key to sign with.

        """
        try:
            made = cls(scalar(overseer, sql.SQL("select {}").format(expression)))
        except psycopg.Error as error:
            raise _refused(overseer, error) from error
        made.expression = expression
        return made


def signed(tenant: str, valid_for: str = _VALID_FOR) -> sql.Composed:
    """Return the SQL of a token for a tenant."""
    return sql.SQL("ttdb.sign_context({}, {})").format(sql.Literal(tenant), sql.Literal(valid_for))


def swapped(tenant: str, other: str) -> sql.Composed:
    """Return the SQL of a token for one tenant in which another was written afterwards."""
    return sql.SQL("pg_catalog.replace({}, {}, {})").format(signed(tenant), sql.Literal(tenant), sql.Literal(other))


def is_tenant(text: str) -> bool:
    """Tell whether a text can be signed: tokens are for UUIDs."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _refused(overseer: Connection, error: psycopg.Error) -> TtdbError:
    what = "the tenant context of this database must be signed"
    if error.sqlstate == _DENIED:
        login = sql.Identifier(overseer.info.user).as_string(None)
        return PrivilegeMissing(
            f"{what}, and {login} may not sign", f"Have an admin run: grant ttdb_operator to {login};"
        )
    return TtdbError(f"{what}: {error.diag.message_primary}", error.diag.message_hint)
