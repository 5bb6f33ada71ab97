"""Seed a schema that no scenario describes: into its database, or into files."""

from dataclasses import replace
from pathlib import Path

from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection, translated
from ttdb.seed import dump as dumps
from ttdb.seed import mend, space
from ttdb.seed.generic import Asked, seed_generic
from ttdb.seed.progress import OnNote, OnProgress
from ttdb.seed.session import only_seed

__all__ = ["Asked", "seed_any_schema"]


def seed_any_schema(
    connection: Connection, asked_for: Asked, dump: Path | None, on_progress: OnProgress, on_note: OnNote
) -> SeedReport:
    """Fill every table from the catalog alone; ``dump`` is a new folder for the rows, instead of the database.

    Raises:
        DiskFull: the rows do not fit on the disk.
        UsageError: the database holds rows and nothing was said of adding to them, or the folder is there already.
        PrivilegeMissing: the login may not write all tenants.

    """

    def look(rows: int) -> None:
        if rows > space.FEW and (note := space.refuse_without_room(connection, space.of_rows(rows))):
            on_note(note)

    with translated(f'seeding database "{connection.info.dbname}"'), only_seed(connection):
        mend.repaired(connection, on_note)
        if dump is None:
            return seed_generic(connection, asked_for, on_progress=on_progress, before=look)
        with dumps.folder(dump) as place:

            def look_there(rows: int) -> None:
                space.refuse_without_room_in(place, space.of_rows(rows))
                look(rows)  # they are written to the database first, and taken back

            report = seed_generic(
                connection,
                asked_for,
                on_progress=on_progress,
                before=look_there,
                written=lambda written: dumps.dump_written(connection, written, place),
            )
    return replace(report, mode="dump", dumped=str(dump))
