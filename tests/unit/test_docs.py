"""The documentation says what the program does: pages are current, links lead somewhere, nothing is left out."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
_LINK = re.compile(r"\]\((?P<target>[^)#]+)(#[^)]*)?\)")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_current() -> None:
    assert generator().stale() == [], "run: python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [found["target"] for found in _LINK.finditer(page.read_text(encoding="utf-8"))]

    broken = [name for name in targets if not name.startswith("https://") and not (page.parent / name).exists()]

    assert broken == []


def test_every_hand_written_page_is_reached_from_the_readme() -> None:
    linked = {
        (page.parent / found["target"]).resolve()
        for page in PAGES
        for found in _LINK.finditer(page.read_text(encoding="utf-8"))
    }

    assert [page for page in PAGES[1:] if page.resolve() not in linked] == []
