"""What the servers of ``ttdb local`` say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LocalStart:
    """A local server that runs."""

    name: str
    version: str
    place: str  # host and port
    url: str  # without the password, which libpq takes from the file it names
    seeded: Mapping[str, Any]  # the last seed's report; empty when nothing was seeded
    new: bool


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A local server that there is."""

    name: str
    running: bool
    version: str
    port: int
    scenario: str | None  # seeded last
    size: int  # bytes, snapshots included
    snapshots: tuple[str, ...]
    beside: tuple[str, ...] = ()  # scenarios seeded before, whose rows stand too


@dataclass(frozen=True, slots=True)
class LocalSnapshot:
    """A snapshot of a local server."""

    name: str
    made: datetime
    size: int  # bytes
