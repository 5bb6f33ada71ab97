"""Write docs/reference/ and the generated files of sql/ from the program itself: python docs/generate.py [--check].

With --check nothing is written; the exit code is 1 when a page is stale. A page is a module in docs/pages/ with its
``PATH`` and a function ``write``.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1]))  # for bench

from pages.base import ROOT, head

_SHARED = ("__init__", "base")


def _written() -> Iterator[tuple[Path, str]]:
    """Return each page's file and what it should hold."""
    names = sorted(path.stem for path in (Path(__file__).parent / "pages").glob("*.py"))
    with head() as standing:
        for name in names:
            if name not in _SHARED:
                page = importlib.import_module(f"pages.{name}")
                yield ROOT / page.PATH, page.write(standing)


def stale() -> list[str]:
    """Return the files whose text is not what the program would write now."""
    return [str(path.relative_to(ROOT)) for path, text in _written() if _read(path) != text]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main() -> int:
    """Write the files, or say which are stale."""
    if "--check" in sys.argv:
        names = stale()
        for name in names:
            sys.stderr.write(f"stale: {name}; run python docs/generate.py\n")
        return 1 if names else 0
    for path, text in _written():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
