"""Numbers of things, in words."""


def counted(number: object, thing: str) -> str:
    """Return a number of things: "1 row", "2 rows"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
