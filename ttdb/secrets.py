"""Keep passwords out of everything that is shown. Imports nothing heavy: the program does this before all else."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

# To the last "@" before a space: a password may hold "/", ":" and "@" that its owner forgot to encode.
_PASSWORD_IN_URI = re.compile(r"(?P<head>\w+://[^\s/@:]*):(?P<password>\S*)@")
_PASSWORD_AS_WORD = re.compile(
    r"(?P<head>\b(?:ssl)?password\s*=\s*)(?P<password>'(?:\\.|[^'])*'|(?:\\.|[^\s&\\])+)", re.IGNORECASE
)
# One argument is one connection string: there the password may hold spaces too.
_PASSWORD_IN_ARGUMENT = re.compile(r"(?P<head>\w+://[^/@:]*):(?P<password>.*)@", re.DOTALL)
_MASK = "***"


def masked(text: str) -> str:
    """Return ``text`` with every password in a URI or a key=value pair replaced by ``***``."""
    text = _PASSWORD_IN_URI.sub(rf"\g<head>:{_MASK}@", text)
    return _PASSWORD_AS_WORD.sub(rf"\g<head>{_MASK}", text)


def masked_argument(argument: str) -> str:
    """Return one argument of a command line without its password."""
    return masked(_PASSWORD_IN_ARGUMENT.sub(rf"\g<head>:{_MASK}@", argument))


def without_passwords_of(arguments: Iterable[str], text: str) -> str:
    """Return ``text`` without the passwords of these arguments, also where it holds only a piece of the argument."""
    for argument in arguments:
        text = text.replace(argument, masked_argument(argument))
        for pattern in (_PASSWORD_IN_ARGUMENT, _PASSWORD_AS_WORD):
            for found in pattern.finditer(argument):
                for word in (found["password"], unquote(found["password"]), found["password"].strip("'")):
                    text = text.replace(word, _MASK) if word else text
    return masked(text)
