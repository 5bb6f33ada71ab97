"""A validation's report, for people and for programs: one module a format."""

from ttdb.report.validation.json import as_json
from ttdb.report.validation.junit import as_junit
from ttdb.report.validation.markdown import as_markdown
from ttdb.report.validation.page import as_html
from ttdb.report.validation.sarif import as_sarif
from ttdb.report.validation.text import as_text

__all__ = ["as_html", "as_json", "as_junit", "as_markdown", "as_sarif", "as_text"]
