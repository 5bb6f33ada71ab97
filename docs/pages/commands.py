"""Every command's help, as the program prints it."""

import os
from collections.abc import Iterator

import typer
from typer.core import TyperCommand, TyperGroup

from pages.base import NOTE, Head
from ttdb.cli.app import build

PATH = "docs/reference/commands.md"


def write(_head: Head) -> str:
    """Return every command's help, as the program prints it."""
    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = "100"
    program = typer.main.get_command(build())
    if not isinstance(program, TyperGroup):
        raise TypeError("a program with commands is a group")
    return f"# Commands\n\n{NOTE}\n" + "\n".join(_all("ttdb", program))


def _all(name: str, command: TyperCommand | TyperGroup) -> Iterator[str]:
    """Write a command's help, and below it that of its verbs."""
    yield _help(name, command)
    if isinstance(command, TyperGroup):
        for verb in sorted(command.commands):
            yield from _all(f"{name} {verb}", command.commands[verb])


def _help(name: str, command: TyperCommand | TyperGroup) -> str:
    with typer.Context(
        command, info_name=name, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
    ) as context:
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {name}\n\n```text\n{text}\n```\n"
