"""How the program speaks: answers on stdout, talk on stderr, progress only where a person watches."""

import sys


def answer(text: str) -> None:
    """Print a command's result."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def talk(text: str) -> None:
    """Print what is not the result: what is worked on, progress, warnings, errors."""
    sys.stderr.write(text if text.endswith("\n") else text + "\n")
    sys.stderr.flush()
