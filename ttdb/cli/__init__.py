"""The command line: one file per command; each parses, calls one function, prints, and returns an exit code."""

import sys

from setproctitle import setproctitle

from ttdb.secrets import masked


def main() -> None:
    """Run the program and exit with its code."""
    _hide_passwords_from_ps()
    from ttdb.cli.app import run  # noqa: PLC0415 - the title first: what this imports takes half a second

    sys.exit(run(sys.argv[1:]))


def _hide_passwords_from_ps() -> None:
    arguments = " ".join(sys.argv[1:])
    if masked(arguments) != arguments:
        setproctitle(f"ttdb {masked(arguments)}")
