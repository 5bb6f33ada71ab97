"""``ttdb explain``: one check or attack: what, why, bad, fix."""

from typing import Annotated

import typer

from ttdb.cli.terminal import answer
from ttdb.report.units import as_list, as_page
from ttdb.validate import library

_EPILOG = """\b
Examples:
  ttdb explain                      list them all
  ttdb explain RLS001
  ttdb explain cross-tenant-read
"""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog=_EPILOG)
    def explain(
        code: Annotated[
            str | None, typer.Argument(help="A code or a name, as RLS001 or rls-disabled; all when left out.")
        ] = None,
    ) -> None:
        """Explain a check or an attack: what it finds, why that is bad, an example, and the fix."""
        if code is None:
            answer(as_list([(unit.code, str(unit.severity), unit.name, unit.title) for unit in library().units]))
            return
        unit = library().find(code)
        answer(
            as_page(
                heading=f"{unit.code} {unit.name} ({unit.severity}, since {unit.since})",
                title=unit.title,
                parts={"Why": unit.why, "Given": unit.given, "Bad": unit.bad, "Fix": unit.fix},
            )
        )
