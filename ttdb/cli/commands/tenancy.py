"""ttdb tenancy plan, check and revision."""

from pathlib import Path
from typing import Annotated

import typer

from ttdb import config
from ttdb.cli.files import refuse_unwritable, save
from ttdb.cli.options import FormatOption, TextOrJson, UrlOption, VerboseOption, database
from ttdb.cli.terminal import answer, talk
from ttdb.errors import UsageError
from ttdb.postgres.connect import connect, target
from ttdb.report import tenancy as report
from ttdb.shape import read_schema
from ttdb.tenancy import check, propose, read, revision, written

_EXAMPLES = """\b
Examples:
  ttdb tenancy plan --output tenancy.toml --url postgresql://operator@db.example.com/tickets
  ttdb tenancy plan --tenants public.organizations --tenant-column org_id --url ...
  ttdb tenancy check tenancy.toml --url ...
  ttdb tenancy revision tenancy.toml --output versions/0002_tenants.py --after 0001 --url ...
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="How the rows of tables that stand belong to tenants: proposed, decided in a file, checked.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=_EXAMPLES,
    )
    group.command("plan", epilog=_EXAMPLES)(_plan)
    group.command("check", epilog=_EXAMPLES)(_check)
    group.command("revision", epilog=_EXAMPLES)(_revision)
    app.add_typer(group, name="tenancy")


def _plan(
    *,
    url: UrlOption = None,
    tenants: Annotated[
        str | None, typer.Option(metavar="TABLE", help="The table whose rows are the tenants; by its name if left out.")
    ] = None,
    tenant_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What tables call their tenant; by their foreign keys.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; one that stands keeps what was decided.")
    ] = None,
    verbose: VerboseOption = False,  # noqa: ARG001 - the program reads it when an error occurs
) -> int:
    """Propose for every table how its rows belong to a tenant, with the evidence, and CHECKs its rows obey; only reads.

    The login must see every row: one that row-level security holds is refused.
    """
    settings = config.load({"tenant_column": tenant_column})
    standing = _standing(output)
    refuse_unwritable(output)
    with connect(database(url, settings), application="ttdb tenancy plan") as connection:
        talk(f"database: {target(connection)}")
        plan, proposals = propose(connection, tenants=tenants, column=settings.tenant_column, say=talk)
    text = written(str(plan.tenants), plan.column, proposals, standing)
    talk(report.summary(proposals))
    _give(text, output, f"decide where it says undecided, then ttdb tenancy check {output} --url …")
    return 0


def _give(text: str, output: Path | None, following: str) -> None:
    """Answer with a text, or write it and say what comes next."""
    if output is None:
        answer(text)
        return
    save(text, output)
    talk(f"next: {following}")


def _standing(output: Path | None) -> str | None:
    if output is None or not output.exists():
        return None
    try:
        return output.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {output}: {error}", "Write to another file.") from error


def _check(
    file: Annotated[Path, typer.Argument(help="The file of ttdb tenancy plan, decided.")],
    *,
    url: UrlOption = None,
    output: FormatOption = TextOrJson.TEXT,
    verbose: VerboseOption = False,  # noqa: ARG001 - the program reads it when an error occurs
) -> int:
    """Say which tables are undecided, which decisions cannot be, and which rows find no tenant; exit 1 if any.

    Exit 2 where the file names a table that is not there or one of ttdb's own, or where no uuid names a tenant.
    """
    decisions = read(file)
    with connect(database(url, config.load()), application="ttdb tenancy check") as connection:
        talk(f"database: {target(connection)}")
        troubles = check(connection, decisions, say=talk)
    answer(report.check_json(troubles) if output is TextOrJson.JSON else report.check_text(troubles))
    if any(each.absent for each in troubles):
        return 2
    return 1 if troubles else 0


def _revision(  # noqa: PLR0913 - a command's options
    file: Annotated[Path, typer.Argument(help="The file of ttdb tenancy plan, decided.")],
    *,
    url: UrlOption = None,
    name: Annotated[str, typer.Option(help="The revision's own name.")] = "tenancy_0001",
    after: Annotated[
        str | None, typer.Option(metavar="REVISION", help="The revision before it; none: the first.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The file to write; it must not stand yet.")] = None,
    verbose: VerboseOption = False,  # noqa: ARG001 - the program reads it when an error occurs
) -> int:
    """Write the file's decisions as a revision of your own Alembic project, to be read, edited and committed.

    Each table is given its tenant and protected, audited and masked as the file says, a line for each; tables that are
    undecided are closed to all but operators. Only reads.
    """
    decisions = read(file)
    if output is not None and output.exists():
        raise UsageError(f"{output} stands already", "Name another file: a revision that may have run stays as it is.")
    refuse_unwritable(output)
    with connect(database(url, config.load()), application="ttdb tenancy revision") as connection:
        talk(f"database: {target(connection)}")
        text = revision(read_schema(connection), decisions, name=name, after=after)
    _give(text, output, "read it, then run your own: alembic upgrade head")
    return 0
