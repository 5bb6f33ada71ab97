"""Choose where a throwaway server comes from, and say why."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from ttdb.config import Settings
from ttdb.errors import ThrowawayFailed, UsageError
from ttdb.postgres.throwaway.base import SERVER_SETTINGS, Provider, Running, Talk, Throwaway, Unavailable

PROVIDERS = ("docker", "embedded", "local")  # in the order that "auto" tries them
AUTO = "auto"


def _silent(_text: str) -> None:
    pass


@contextmanager
def throwaway(
    settings: Settings,
    *,
    provider: str | None = None,
    server_settings: Mapping[str, str] | None = None,
    on_talk: Talk = _silent,
) -> Iterator[Throwaway]:
    """Start a server that is gone when the block ends, and also when this process is killed.

    Args:
        settings: which provider, image and binaries.
        provider: docker, embedded, local or auto; default the settings' own.
        server_settings: parameters of postgresql.conf, over those of a throwaway server. Not by ALTER SYSTEM: those
            of the command line stand above it.
        on_talk: is told what is being done, for the person who waits.

    Raises:
        ThrowawayFailed: no server could be started; the message says what was tried.
        UsageError: no such provider.

    """
    wanted = provider or settings.throwaway
    if wanted not in (AUTO, *PROVIDERS):
        raise UsageError(f'unknown throwaway provider "{wanted}"', f"Choose from {', '.join((AUTO, *PROVIDERS))}.")
    failures: dict[str, Unavailable] = {}
    parameters = {**SERVER_SETTINGS, **(server_settings or {})}
    with ExitStack() as stack:
        for name in PROVIDERS if wanted == AUTO else (wanted,):
            try:
                running = stack.enter_context(_load(name)(settings, on_talk, parameters))
            except Unavailable as error:
                failures[name] = error
            else:
                yield Throwaway(name, _reason(running, wanted, failures), running.url, running.place)
                return
    raise _failed(wanted, failures)


def _load(name: str) -> Provider:
    """Import one provider: docker's library alone takes longer than starting a server."""
    provider: Provider = getattr(importlib.import_module(f"{__package__}.{name}"), name)
    return provider


def _reason(running: Running, wanted: str, failures: dict[str, Unavailable]) -> str:
    if wanted != AUTO:
        return f"{running.what}: {wanted} was asked for"
    return f"{running.what}: {_listed(failures) or 'an engine answers and has the image'}"


def _listed(failures: dict[str, Unavailable]) -> str:
    return "; ".join(f"{name}: {error.message}" for name, error in failures.items())


def _failed(wanted: str, failures: dict[str, Unavailable]) -> ThrowawayFailed:
    own = [error.hint for error in failures.values() if error.hint]
    fixes = [str(importlib.import_module(f"{__package__}.{name}").FIX) for name in failures]
    general = ", or ".join(fixes)
    hint = own[0] if wanted != AUTO and own else f"{general[0].upper()}{general[1:]}."
    error = ThrowawayFailed(f"no throwaway server could be started: {_listed(failures)}", hint)
    error.__cause__ = next(iter(failures.values()), None)
    return error
