"""Words of a tenancy file that mean the same wherever it is read."""


def audit_of(value: object) -> tuple[bool, tuple[str, ...]] | None:
    """Read whether a table is audited, and without which columns; None where the value says neither."""
    if isinstance(value, bool):
        return value, ()
    names = value.get("exclude") if isinstance(value, dict) and set(value) == {"exclude"} else None
    if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
        return True, tuple(names)
    return None
