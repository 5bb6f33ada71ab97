"""Refuse a load that the disk has no room for, before its first row."""

from pathlib import Path

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.space import data_folder, megabytes, refuse_without_bytes
from ttdb.seed.batches import groups, spans, windows
from ttdb.seed.world import World

FEW = 20_000  # rows: no disk is looked at for them, and they are written in one transaction, all or none
_SAMPLE = 2000  # rows of each group of tables
_ROW, _ENTRY = 32, 40  # bytes: a row's header and line pointer, and an index's entry with its share of free room
_GENERIC_ROW = 700  # bytes that a row of an unknown table takes, with its indexes


def of_world(connection: Connection, world: World) -> tuple[int, int]:
    """Return about how many bytes a scenario's rows have, and how many they take in the database with its indexes."""
    plain = stored = 0
    for group in groups(world):
        some = spans(world, group, _SAMPLE)
        window, share = next(windows(world, group, some), ()), len(some)
        for batch in window:
            table = world.plans[batch.table].catalog
            indexes = scalar(
                connection,
                "select count(*) from pg_catalog.pg_index where indrelid = %s::pg_catalog.regclass",
                (sql.Identifier(table.schema, table.name).as_string(connection),),
            )
            plain += len(batch.data) * share
            stored += (len(batch.data) + batch.rows * (_ROW + _ENTRY * indexes)) * share
    return plain, stored


def of_rows(rows: int) -> int:
    """Return about how many bytes rows of unknown tables take."""
    return rows * _GENERIC_ROW


def refuse_without_room(connection: Connection, stored: int) -> str | None:
    """Compare what a load will take with what is free, and return what is to be said about it.

    Raises:
        DiskFull: it does not fit.

    """
    folder = data_folder(connection)
    if folder is None:
        return f"disk space: about {megabytes(stored)} are needed; what is free on the server is not known"
    # Every change is logged first, and the log's files go when a checkpoint is done.
    logged = scalar(connection, "select pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))")
    _refuse(folder, stored + min(stored, 2 * logged), "the server's data folder")
    return None


def refuse_without_room_in(folder: Path, plain: int) -> None:
    """Compare what files will take with what is free.

    Raises:
        DiskFull: they do not fit.

    """
    _refuse(folder, 2 * plain, "the folder")  # text is longer than what is sent


def _refuse(folder: Path, needed: int, what: str) -> None:
    refuse_without_bytes(folder, needed, what, "Ask for fewer rows, or make room: nothing was written.")
