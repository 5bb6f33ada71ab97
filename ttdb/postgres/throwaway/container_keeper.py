"""Keeps one throwaway container as long as the process that asked for it lives; testcontainers' reaper needs an image.

Run as a program of its own, started before the container is: the name is given beforehand, so that a container whose
asker is killed while the engine still makes it is found and removed all the same.
"""

import time
from pathlib import Path

import docker
import requests
from docker.errors import DockerException

from ttdb.postgres.throwaway.keeper import CONTAINER, Lifeline, Request, finish_undisturbed, remove, serve, sweep, tell

ANSWERED = b"answered\n"  # what the asker writes once the engine has answered its request to create
_STILL_TO_COME_S = 5
_NOT_FOUND = 404


def _keep_container(request: Request, folder: Path, lifeline: Lifeline) -> None:
    engine = docker.from_env(timeout=30)
    (folder / CONTAINER).write_text(request["container"], encoding="utf-8")
    try:
        tell(place=request["container"])
        sweep(request["temporary"], lambda orphan: _end_orphan(engine, orphan))
        lifeline.hold()
    finally:
        finish_undisturbed()
        patience_s = 0 if ANSWERED in lifeline.lines() else _STILL_TO_COME_S
        _remove_container(engine, request["container"], patience_s)
        engine.close()


def _end_orphan(engine: docker.DockerClient, folder: Path) -> None:
    name = folder / CONTAINER
    if name.exists():
        _remove_container(engine, name.read_text(encoding="utf-8"), patience_s=0)
        remove(folder)


def _remove_container(engine: docker.DockerClient, name: str, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            engine.api.remove_container(name, v=True, force=True)
        except (DockerException, requests.RequestException) as error:
            if getattr(error, "status_code", None) != _NOT_FOUND or time.monotonic() >= deadline:
                return
        else:
            return
        time.sleep(0.2)


if __name__ == "__main__":
    serve(_keep_container)
