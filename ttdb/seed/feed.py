"""Make rows in one thread while others write them, a few windows ahead and no more, so that memory stays bounded."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from threading import Condition, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

_AHEAD = 2
_Item = TypeVar("_Item")


class Feed(AbstractContextManager["Feed[_Item]"], Generic[_Item]):
    """A thread that makes items, each for one of several lanes; whoever reads a lane waits for its next one."""

    def __init__(self, items: Iterable[tuple[int, _Item]], lanes: int = 1) -> None:
        self._items, self._waiting = items, [deque[_Item]() for _ in range(lanes)]
        self._change = Condition()
        self._ended = self._stopped = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="ttdb seed rows", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._thread.join()

    @property
    def stopped(self) -> bool:
        """Whether no more items are handed out, though there may be more."""
        return self._stopped

    def stop(self) -> None:
        """Make no more items, and hand out none."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def lane(self, number: int = 0) -> Iterator[_Item]:
        """Yield a lane's items as they are made.

        Raises:
            BaseException: what went wrong while they were made.

        """
        while (item := self._next(self._waiting[number])) is not None:
            yield item

    def _next(self, lane: deque[_Item]) -> _Item | None:
        with self._change:
            self._change.wait_for(lambda: lane or self._ended or self._stopped)
            if self._error is not None:
                raise self._error
            if self._stopped or not lane:
                return None
            item = lane.popleft()
            self._change.notify_all()
            return item

    def _run(self) -> None:
        try:
            for number, item in self._items:
                lane = self._waiting[number]
                with self._change:
                    self._change.wait_for(lambda lane=lane: len(lane) < _AHEAD or self._stopped)  # type: ignore[misc]  # mypy cannot type its default
                    if self._stopped:
                        return
                    lane.append(item)
                    self._change.notify_all()
        except BaseException as error:  # noqa: BLE001 - whoever reads the lane raises it
            self._error = error
        finally:
            with self._change:
                self._ended = True
                self._change.notify_all()
