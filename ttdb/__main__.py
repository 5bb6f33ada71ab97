"""Lets ``python -m ttdb`` run the program."""

from ttdb.cli import main

main()
