"""Sizes as people write them."""

_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1024


def as_size(number: int) -> str:
    """Return a number of bytes with its unit."""
    amount, unit = float(number), 0
    while amount >= _THOUSAND and unit < len(_UNITS) - 1:
        amount, unit = amount / _THOUSAND, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}"
