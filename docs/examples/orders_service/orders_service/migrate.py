"""Apply the migrations in order, each once: python -m orders_service.migrate, with the address in DATABASE_URL."""

import os
import sys
from pathlib import Path

import psycopg

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def main() -> None:
    """Bring the database up to date."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("create table if not exists migrations (name text primary key)")
        applied = {name for (name,) in connection.execute("select name from migrations")}
        for file in sorted(MIGRATIONS.glob("*.sql")):
            if file.name not in applied:
                sys.stdout.write(f"applying {file.name}\n")
                connection.execute(file.read_bytes())
                connection.execute("insert into migrations values (%s)", (file.name,))


if __name__ == "__main__":
    main()
