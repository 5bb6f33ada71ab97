"""Start a throwaway server, say where it is, and hold it until a line comes in or a signal ends the program."""

import json
import os
import sys

from ttdb.config import Settings
from ttdb.postgres.throwaway import throwaway


def main(provider: str, image: str) -> None:
    with throwaway(Settings(test_image=image), provider=provider) as server:
        said = {"place": server.place, "port": server.url.part("port"), "uid": os.geteuid()}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        if sys.stdin.readline() == "fail\n":
            raise ArithmeticError


if __name__ == "__main__":
    main(*sys.argv[1:])
