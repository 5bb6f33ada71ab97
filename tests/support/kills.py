"""Runs that die between two steps, as kill -9 would have it."""

import os
import signal
from collections.abc import Callable

from ttdb.model.migration import Event
from ttdb.postgres.url import Url


def killed_after_one_step(run: Callable[..., None], url: Url) -> bool:
    """Run in a process that dies right after a step is committed; tell whether there was one to run."""
    child = os.fork()
    if child == 0:
        try:
            run(url, on_event=_die)
        except BaseException:  # noqa: BLE001 - a forked child must end here, whatever happens
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def _die(event: Event) -> None:
    if event.kind == "step":
        os.kill(os.getpid(), signal.SIGKILL)
