"""Talk to a Docker engine: has it the image, start a container, wait until its server answers."""

import queue
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import psycopg
import requests
from docker.errors import DockerException, ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from ttdb.postgres.throwaway.base import Talk, Unavailable, loopback_url
from ttdb.postgres.url import Url

_PORT = 5432
_PING_TIMEOUT_S = 3
_START_TIMEOUT_S = 90
# A machine without a registry is noticed in seconds; a slow pull goes on while it makes progress.
_FIRST_PROGRESS_S, _NEXT_PROGRESS_S, _PULL_S = 8, 30, 300
_REFUSALS = (DockerException, requests.RequestException, OSError)


def need_image(image: str, on_talk: Talk) -> None:
    """Make sure that an engine answers and has the image.

    Raises:
        Unavailable: no engine, or no image and no registry that gives it in time.

    """
    try:
        client = DockerClient(timeout=_PING_TIMEOUT_S).client
    except _REFUSALS as error:
        raise Unavailable(f"no engine answers ({_brief(error)})") from error
    try:
        client.ping()
        client.images.get(image)
    except ImageNotFound:
        on_talk(f"pulling {image}")
        _pull(image)
    except _REFUSALS as error:
        raise Unavailable(f"no engine answers ({_brief(error)})") from error
    finally:
        client.close()


def image_name(image: str) -> str:
    """Return the name with the registry prefix that testcontainers was given, if it was."""
    return testcontainers_config.hub_image_name_prefix + image


def _pull(image: str) -> None:
    """Pull with a bound: the engine itself waits for minutes on a registry that cannot be reached."""
    progress: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_report_pull, args=(image, progress), daemon=True).start()
    deadline, patience = time.monotonic() + _PULL_S, _FIRST_PROGRESS_S
    while time.monotonic() < deadline:
        try:
            failure = progress.get(timeout=patience)
        except queue.Empty:
            break
        if failure is None:
            return
        if failure:
            raise Unavailable(f"the engine has no image {image} and cannot pull it ({failure})")
        patience = _NEXT_PROGRESS_S
    raise Unavailable(f"the engine has no image {image} and its registry does not answer in time")


def _report_pull(image: str, progress: "queue.Queue[str | None]") -> None:
    """Put an empty string for progress, a text for failure, None for success."""
    try:
        with closing(DockerClient().client) as client:
            for event in client.api.pull(image, stream=True, decode=True):
                progress.put(str(event.get("error", "")))
        progress.put(None)
    except _REFUSALS as error:
        progress.put(_brief(error))


@contextmanager
def container(
    image: str, name: str, environment: Mapping[str, str], command: Sequence[str]
) -> Iterator[DockerContainer]:
    """Start a container whose port is open on this machine only; its keeper removes it.

    Raises:
        Unavailable: the engine refuses.

    """
    made = DockerContainer(image, env=dict(environment), name=name).with_command(list(command))
    made.with_kwargs(shm_size="256m")  # the usual 64 MB end parallel queries with "No space left on device"
    published = ("127.0.0.1", None) if _is_local(made) else None
    made.ports[f"{_PORT}/tcp"] = published  # type: ignore[assignment]  # docker takes the pair that testcontainers hands on
    reaper = testcontainers_config.ryuk_disabled
    testcontainers_config.ryuk_disabled = True  # the keeper does its work, and needs no image of its own
    try:
        made.start()
    except _REFUSALS as error:
        raise Unavailable(f"the engine does not start {image} ({_brief(error)})") from error
    finally:
        testcontainers_config.ryuk_disabled = reaper
    try:
        yield made
    finally:
        made.get_docker_client().client.close()


def reach(made: DockerContainer, password: str) -> Url:
    """Wait until the container's server lets the superuser in, and return where.

    Raises:
        Unavailable: the container ended, or took too long.

    """
    try:
        return _reached(made, password)
    except _REFUSALS as error:  # a container that ended at once has no port any more
        raise Unavailable(f"the container ended: {_last_words(made)}") from error


def _reached(made: DockerContainer, password: str) -> Url:
    host, port = _address(made)
    url = loopback_url(host, port, password)
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url.conninfo, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return url
        made.reload()
        if made.status not in {"created", "running"}:
            raise Unavailable(f"the container ended: {_last_words(made)}")
    raise Unavailable(f"the container's server did not answer within {_START_TIMEOUT_S} s: {_last_words(made)}")


def _is_local(made: DockerContainer) -> bool:
    url: str = made.get_docker_client().client.api.base_url
    return url.startswith(("http+docker://local", "unix://", "npipe://"))


def _address(made: DockerContainer) -> tuple[str, int]:
    """Return the published port, or where we are in a container ourselves, the container's own address."""
    client = made.get_docker_client()
    port = int(client.port(made.get_container_id(), _PORT))
    if not _is_local(made):
        return client.host(), port
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return client.bridge_ip(made.get_container_id()), _PORT
    return "127.0.0.1", port


def _last_words(made: DockerContainer) -> str:
    try:
        logs = made.get_logs()
    except _REFUSALS as error:
        return _brief(error)
    lines = [line for log in logs for line in log.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def _brief(error: Exception) -> str:
    explained = getattr(error, "explanation", None)
    return " ".join(str(explained or error).split())[:300]
