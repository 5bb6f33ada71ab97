"""The report as a page: self-contained, all of it there without script, and no name in it becomes markup."""

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from support.reports import HOSTILE, RULES, finding, hostile, report

from ttdb.model.validation import Action, Cell, Known, Reach, Severity, Unproven, ValidationReport, Verdict
from ttdb.report.validation import as_html
from ttdb.report.validation.group import line

_VOID = {"meta", "input", "br", "link", "img"}
_ADDRESSES = ("href", "src", "srcset", "action", "data", "poster", "style", "formaction")


@dataclass
class Element:
    """One element, with the text in it and below."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)


class Page(HTMLParser):
    """A page's elements, which must be nested as they should."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        for around in self._open:
            around.inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Add text to all that is open."""
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a kind, with these attributes."""
        return [
            each
            for each in self.elements
            if each.tag == tag and all(each.attributes.get(name) == value for name, value in attributes.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """Return the only one."""
        (only,) = self.all(tag, **attributes)
        return only


def page(found: ValidationReport) -> Page:
    return Page(as_html(found, RULES))


_CELLS = (
    Cell("web", "app.orders", Action.READ, Reach.LEAKS, "ISO003"),
    Cell("web", "app.orders", Action.DELETE, Reach.DENIED),
    Cell("jobs", "app.orders", Action.READ, Reach.UNPROVEN, "rows of two tenants are needed"),
)


def test_page_has_everything_without_script() -> None:
    found = page(
        report(
            finding(evidence="select 'leak';", fix="alter table app.orders"),
            finding("IDX001", "app.notes", Severity.INFO, cause="indexes"),
            unproven=(Unproven("app.x", "no rows"),),
            cells=_CELLS,
            known=(finding("CON001", "app.known"),),
        )
    )
    text = found.one("body").text

    for said in ("Tenants are not isolated", "shop", "15.20", "row level security is off", "select 'leak';"):
        assert said in text
    for said in ("alter table app.orders", "no rows", "CON001:app.known:web", "rows of two tenants are needed"):
        assert said in text
    hidden = [each.tag for each in found.elements if "hidden" in each.attributes]
    assert hidden == ["form"]


def test_findings_stand_by_cause_the_first_open() -> None:
    found = page(report(finding(), finding("RLS001"), finding("CON003", cause="unique keys span all tenants")))
    causes = [each for each in found.all("details") if "data-cause" in each.attributes]

    assert ["open" in each.attributes for each in causes] == [True, False]
    assert [sum("data-finding" in each.attributes for each in cause.inside) for cause in causes] == [2, 1]


def test_matrix_leads_from_a_leak_to_its_finding() -> None:
    found = page(report(finding(), cells=_CELLS))
    rows = [each for each in found.all("tr") if "data-row" in each.attributes]
    leak = found.one("a", **{"class": "reach leaks"})

    assert [(row.attributes["data-object"], row.attributes["data-role"]) for row in rows] == [
        ("app.orders", "jobs"),
        ("app.orders", "web"),
    ]
    assert leak.attributes["href"] == "#f1"
    assert found.one("li", id="f1").attributes["data-code"] == "ISO003"


def test_matrix_names_the_roles_it_is_not_about() -> None:
    elsewhere = page(report(cells=(Cell("jobs", "app.orders", Action.READ, Reach.OWN),))).one("section", id="matrix")

    assert "Not attacked, so without a row here: web." in elsewhere.text
    assert "Not attacked" not in page(report(cells=_CELLS)).one("section", id="matrix").text


def test_fixed_entries_of_the_baseline_are_listed() -> None:
    fixed = (Known("RLS001:app.gone", "RLS001", "app.gone", Severity.ERROR),)

    assert (
        "RLS001:app.gone" in page(replace(report(verdict=Verdict.PASS), fixed=fixed)).one("section", id="baseline").text
    )


@pytest.mark.parametrize("found", [report(finding(), cells=_CELLS), hostile()], ids=["usual", "hostile"])
def test_page_fetches_nothing(found: ValidationReport) -> None:
    elements = page(found).elements
    addresses = [value for each in elements for name, value in each.attributes.items() if name in _ADDRESSES]

    assert all(address.startswith("#") for address in addresses)
    assert {each.tag for each in elements}.isdisjoint({"link", "img", "iframe", "object", "embed", "base", "svg"})
    style = Page(as_html(found, RULES)).one("style").text
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("found", [report(finding(), cells=_CELLS), hostile()], ids=["usual", "hostile"])
def test_only_the_page_s_own_script_and_style_may_run(found: ValidationReport) -> None:
    read = page(found)
    policy = read.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]

    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        digest = b64encode(sha256(read.one(tag).text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert [name for each in read.elements for name in each.attributes if name.startswith("on")] == []


def test_hostile_names_are_text_everywhere() -> None:
    usual, read = page(report(finding(), cells=_CELLS)), page(hostile())

    assert {each.tag for each in read.elements} <= {each.tag for each in usual.elements} | {"ul"}
    assert len([each for each in read.elements if "data-finding" in each.attributes]) == len(HOSTILE)
    for name in HOSTILE:
        assert line(name) in read.one("section", id="findings").text
        assert line(name) in read.one("section", id="matrix").text
        assert line(name) in read.one("section", id="unproven").text


def test_no_character_of_a_name_turns_the_page_around() -> None:
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]", as_html(hostile(), RULES)) == []


def test_page_has_landmarks_labels_and_headers() -> None:
    found = page(report(finding(), cells=_CELLS))

    assert found.one("html").attributes["lang"] == "en"
    for tag in ("header", "nav", "main", "h1"):
        found.one(tag)
    labelled = [each for label in found.all("label") for each in label.inside if each.tag in ("input", "select")]
    assert labelled == [each for each in found.elements if each.tag in ("input", "select")]
    assert all("scope" in each.attributes for each in found.all("th"))
    ids = [each.attributes["id"] for each in found.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for each in found.elements:
        assert each.attributes.get("aria-labelledby", ids[0]) in ids
    assert found.one("main").inside
    assert found.one("a", **{"class": "skip"}).attributes["href"] == "#findings"


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_text_can_be_read_on_their_grounds(dark: bool) -> None:  # noqa: FBT001 - a parameter of the test
    light, darker = re.findall(r":root \{(.*?)\}", page(report()).one("style").text, re.DOTALL)[:2]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", darker if dark else light))
    pairs = [("ink", "page"), ("ink", "card"), ("ink", "well"), ("soft", "page"), ("soft", "card"), ("soft", "well")]
    pairs += [("link", "page"), ("link", "card"), ("soft", "none-well")]
    pairs += [(name, f"{name}-well") for name in ("error", "warning", "info", "pass")]

    poor = {pair: round(_contrast(*(colours[name] for name in pair)), 2) for pair in pairs}

    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
