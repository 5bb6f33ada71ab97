"""The physical floor: as much written to the same disk by a plain program, with no migration at all.

Pages of 8 kB at places that follow no order, as a table's are that is filled; nothing is synced, the kernel writes it
as it does what a server has not synced yet.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_PAGE, _FILE_MB, _EVERY_S = 8192, 2048, 0.01
_PAGES_A_MB = 1024 * 1024 // _PAGE


@contextmanager
def written_beside(directory: str, megabytes: int) -> Iterator[None]:
    """Write so many megabytes a second to the disk on which a directory lies until the block ends."""
    with TemporaryDirectory(dir=Path(directory).parent, prefix="bench_floor_") as place:
        command = [sys.executable, __file__, str(Path(place) / "pages"), str(megabytes)]
        writer = subprocess.Popen(command)  # noqa: S603 - this file
        try:
            yield
        finally:
            writer.terminate()
            writer.wait()


def _write(path: Path, megabytes: int) -> None:
    page = os.urandom(_PAGE)
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    begun, written = time.monotonic(), 0
    while True:
        wanted = int((time.monotonic() - begun) * megabytes * _PAGES_A_MB)
        for _ in range(wanted - written):
            os.pwrite(file, page, random.randrange(_FILE_MB * _PAGES_A_MB) * _PAGE)  # noqa: S311 - no secret
        written = wanted
        time.sleep(_EVERY_S)


if __name__ == "__main__":
    _write(Path(sys.argv[1]), int(sys.argv[2]))
