"""Throwaway servers in a container, started by testcontainers."""

import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ttdb.config import Settings
from ttdb.postgres.throwaway import kept
from ttdb.postgres.throwaway.base import SUPERUSER, Running, Talk, Unavailable

FIX = "start Docker and let it have the image (TTDB_TEST_IMAGE)"
_SOCKET = "/var/run/docker.sock"
_KEEPER_TIMEOUT_S = 30


@contextmanager
def docker(settings: Settings, on_talk: Talk, server_settings: Mapping[str, str]) -> Iterator[Running]:
    """Start a container of ``settings.test_image``, pulling it when the registry answers soon enough."""
    image = need_engine_and_image(settings, on_talk)
    from ttdb.postgres.throwaway import engine  # noqa: PLC0415 - takes half as long to load as a server to start

    on_talk(f"starting a container of {image}")
    name = f"ttdb-throwaway-{secrets.token_hex(8)}"
    program = [sys.executable, "-m", "ttdb.postgres.throwaway.container_keeper"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)}
    with kept.keeper(program, {"container": name}, environment) as keeper:
        keeper.answer(_KEEPER_TIMEOUT_S)
        password = secrets.token_urlsafe(24)
        with engine.container(image, name, _environment(password), _command(server_settings)) as made:
            keeper.write(b"answered\n")
            yield Running(f"image {image}", engine.reach(made, password), name)


def need_engine_and_image(settings: Settings, on_talk: Talk) -> str:
    """Make sure that an engine answers and has the image, and return the image's full name.

    Raises:
        Unavailable: no engine, or no image.

    """
    _refuse_without_engine()
    from ttdb.postgres.throwaway import engine  # noqa: PLC0415 - as above

    image = engine.image_name(settings.test_image)
    engine.need_image(image, on_talk)
    return image


def _refuse_without_engine() -> None:
    """Look before docker's library is loaded, which takes half as long as a server takes to start."""
    if find_spec("testcontainers") is None:
        raise Unavailable("testcontainers is not installed", "pip install testcontainers.")
    named = os.environ.get("DOCKER_HOST", "")
    if (named and not named.startswith("unix://")) or (not named and _is_configured()):
        return
    path = named.removeprefix("unix://") or _SOCKET
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
    except OSError as error:
        raise Unavailable(f"no engine answers at {path} ({error.strerror})") from error


def _is_configured() -> bool:
    """Say whether a context or testcontainers' own file may name an engine elsewhere."""
    if os.environ.get("DOCKER_CONTEXT"):
        return True
    try:
        if Path("~/.testcontainers.properties").expanduser().exists():
            return True
        folder = Path(os.environ.get("DOCKER_CONFIG", "~/.docker")).expanduser()
        return "currentContext" in (folder / "config.json").read_text(encoding="utf-8")
    except (OSError, RuntimeError):  # no such file, or nobody's home
        return False


def _environment(password: str) -> dict[str, str]:
    return {
        "POSTGRES_USER": SUPERUSER,
        "POSTGRES_PASSWORD": password,
        "POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale=C.UTF-8 --auth-host=scram-sha-256 --no-sync",
        "LC_ALL": "C.UTF-8",
    }


def _command(server_settings: Mapping[str, str]) -> list[str]:
    return ["postgres", *(part for name, value in server_settings.items() for part in ("-c", f"{name}={value}"))]
