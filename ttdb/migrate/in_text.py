"""Whether a statement names a column of one table, and not one of the same name that is another table's."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_QUALIFIED = r'(?:(?<![\w$])"?(?P<qualifier>[^\W\d][\w$]*)"?\s*\.\s*)?'


@dataclass(frozen=True, slots=True)
class Named:
    """The columns of a table that texts are searched for."""

    table: str  # without its schema
    keywords: Mapping[str, bool]  # each column, and whether it is a word of SQL too
    elsewhere: Mapping[str, Collection[str]]  # which other tables have a column of that name

    def by(self, text: str) -> bool:
        """Tell whether a text names one of them; what is not known to be another table's counts.

        Of another table is what is qualified by its name, or by what the text calls it and nothing else.
        """
        return any(
            not self._excused(text, column, found["qualifier"])
            for column, keyword in self.keywords.items()
            for found in re.finditer(_column(column), text, re.IGNORECASE)
            if not keyword or found["qualifier"] or found["quote"]
        )

    def _excused(self, text: str, column: str, qualifier: str | None) -> bool:
        if qualifier is None or _called(text, self.table, qualifier):
            return False
        return any(_called(text, other, qualifier) for other in self.elsewhere.get(column, ()))


def _column(name: str) -> str:
    return rf'{_QUALIFIED}(?<![\w$])(?P<quote>"?){re.escape(name)}(?![\w$])'


def _called(text: str, table: str, word: str) -> bool:
    """Tell whether a word is the table's name, or what a text calls it."""
    if word.lower() == table.lower():
        return True
    alias = rf'(?<![\w$]){re.escape(table)}"?\s+(?:as\s+)?"?{re.escape(word)}(?![\w$])'
    return re.search(alias, text, re.IGNORECASE) is not None
