"""Cut-overs: who connects as what, how far each service is, and what would be refused to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """How far a service's login has come."""

    BEFORE = "before"
    OBSERVED = "observed"
    ENFORCED = "enforced"


@dataclass(frozen=True, slots=True)
class Connected:
    """Sessions of one login, application and address."""

    login: str
    application: str | None
    client: str | None
    sessions: int
    held_by: str  # what decides which rows they see, in words
    held: bool  # whether any policy does


@dataclass(frozen=True, slots=True)
class Service:
    """A login that services use, and how far it has come."""

    login: str
    stage: Stage
    since: datetime | None
    by: str | None
    sessions: int
    refusals: int  # recorded since it came to this stage
    older_settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """Privileges that a service has while it is observed, and not afterwards."""

    relation: str
    privileges: tuple[str, ...]
    recorded: bool  # whether its use is: of tables without row security none is


@dataclass(frozen=True, slots=True)
class CutoverStatus:
    """What ``ttdb cutover status`` tells."""

    connected: tuple[Connected, ...]
    services: tuple[Service, ...]
    sees_all: bool  # whether the login may see other logins' addresses
    open_relations: int  # those with policies or privileges for services that are observed
    unready: tuple[str, ...]  # relations that services which are observed do not see whole


@dataclass(frozen=True, slots=True)
class Refusals:
    """What would have been refused for one table, verb and reason."""

    relation: str
    verb: str
    reason: str
    effect: str
    transactions: int
    first: datetime
    last: datetime
    applications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A service's login that came to another stage, or stays where it was."""

    login: str
    was: Stage
    now: Stage
    lacks: tuple[Lack, ...] = ()  # what it may do now, and not once it is enforced
    restored: bool = False  # whether it is what it was before the cut-over began
    unobservable: tuple[str, ...] = ()  # relations of other owners, that it may not use
