"""Every error class with what it means, and every SQLSTATE of ttdb's own."""

import inspect
import re

from pages.base import NOTE, ROOT, Head
from ttdb import errors

PATH = "docs/reference/errors.md"


def write(_head: Head) -> str:
    """Return every error class with what it means and what the program exits with."""
    found = [
        (name, item)
        for name, item in vars(errors).items()
        if inspect.isclass(item) and issubclass(item, errors.TtdbError) and item is not errors.TtdbError
    ]
    rows = [f"| `{name}` | {item.exit_code} | {inspect.getdoc(item)} |" for name, item in sorted(found)]
    return (
        f"# Errors\n\n{NOTE}\n"
        "Each is printed as `error: ...` and `hint: ...` on stderr; `--verbose` adds where it came from.\n\n"
        "| error | exit code | meaning |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n\n"
        "## SQLSTATEs\n\nRaised by the database's own verbs and triggers.\n\n"
        "| SQLSTATE | message | raised in |\n| --- | --- | --- |\n" + "\n".join(_sqlstates()) + "\n"
    )


def _sqlstates() -> list[str]:
    """Return each errcode of ttdb's own with its message, read from the SQL that raises it."""
    raised = re.compile(r"raise exception\s+'(?P<message>[^']*)'[^;]*?errcode = '(?P<code>TT...)'")
    found = sorted(
        (match["code"], " ".join(match["message"].split()), path.stem)
        for path in (ROOT / "sql").glob("*/*.sql")
        for match in raised.finditer(path.read_text(encoding="utf-8"))
    )
    return [f"| `{code}` | {message} | `{stem}` |" for code, message, stem in found]
