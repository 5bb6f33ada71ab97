"""Words of a tenancy file that mean the same wherever it is read: what is audited, masked and checked of a table."""


class Unreadable(Exception):
    """Raised for a value that says nothing of its word: what is wrong, and what to write."""

    def __init__(self, word: str, what: str, hint: str) -> None:
        super().__init__(what)
        self.word, self.what, self.hint = word, what, hint


def audit_of(value: object) -> tuple[bool, tuple[str, ...]]:
    """Read whether a table is audited, and without which columns.

    Raises:
        Unreadable: the value says neither.

    """
    if isinstance(value, bool):
        return value, ()
    names = value.get("exclude") if isinstance(value, dict) and set(value) == {"exclude"} else None
    if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
        return True, tuple(names)
    what = f"audit is neither true nor false, nor names columns to exclude: {value}"
    raise Unreadable("audit", what, 'Write audit = true, or audit = {exclude = ["password_hash"]}.')


def mask_of(value: object) -> dict[str, str]:
    """Read the mask of each personal column.

    Raises:
        Unreadable: the value is no list of columns.

    """
    if not isinstance(value, dict) or not all(isinstance(mask, str) for mask in value.values()):
        raise Unreadable("mask", f"mask is no list of columns: {value}", 'Write mask = {email = "email"}.')
    return {str(column): str(mask) for column, mask in value.items()}


def checks_of(value: object) -> tuple[tuple[str, str], ...]:
    """Read the name and the rule of each CHECK.

    Raises:
        Unreadable: one lacks either.

    """
    found = []
    for row in value if isinstance(value, list) else [value]:
        name, rule = (row.get("name"), row.get("rule")) if isinstance(row, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(rule, str) or not name.strip() or not rule.strip():
            hint = 'Write checks = [{name = "total_is_not_negative", rule = "total >= 0"}].'
            raise Unreadable("checks", "a check has no name or no rule", hint)
        found.append((name, rule))
    return tuple(found)
