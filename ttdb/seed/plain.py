"""Text that depends on neither session nor server."""

from ttdb.postgres.connect import Connection

_SETTINGS = (
    ("timezone", "UTC"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
)


def plain_text(connection: Connection) -> None:
    """Have values written alike everywhere, until the transaction ends."""
    for name, value in _SETTINGS:
        connection.execute("select pg_catalog.set_config(%s, %s, true)", (name, value))
