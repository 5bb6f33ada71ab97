"""How steps are named after what they are about."""

import re


def kebab(name: str) -> str:
    """Return a name as part of a step's: lower case, hyphens between words."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
