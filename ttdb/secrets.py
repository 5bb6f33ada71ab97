"""Keep passwords out of everything that is shown. Imports nothing heavy: the program does this before all else."""

import re

_PASSWORD_IN_URI = re.compile(r"(?P<head>\w+://[^\s/@:]*):(?P<password>[^\s/]*)@")
_PASSWORD_AS_WORD = re.compile(
    r"(?P<head>\b(?:ssl)?password\s*=\s*)(?P<password>'(?:\\.|[^'])*'|[^\s&]+)", re.IGNORECASE
)
_MASK = "***"


def masked(text: str) -> str:
    """Return ``text`` with every password in a URI or a key=value pair replaced by ``***``."""
    text = _PASSWORD_IN_URI.sub(rf"\g<head>:{_MASK}@", text)
    return _PASSWORD_AS_WORD.sub(rf"\g<head>{_MASK}", text)
