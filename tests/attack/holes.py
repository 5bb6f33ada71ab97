"""Run a finding's evidence as anyone would, and see whether it shows the leak."""

from support.databases import connect

from ttdb.model.validation import Finding
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url


def shows_leak(url: Url, finding: Finding) -> bool:
    """Run the evidence as the overseer; its last select has rows when the leak is there."""
    with connect(url) as connection:
        return _last_rows(connection, finding.evidence) > 0


def _last_rows(connection: Connection, evidence: str) -> int:
    cursor = connection.execute(evidence.encode())
    rows = 0
    while True:
        if cursor.description is not None:
            rows = cursor.rowcount
        if not cursor.nextset():
            return rows
