"""What every provider of throwaway servers gives back."""

from dataclasses import dataclass

from ttdb.postgres.url import Url


@dataclass(frozen=True, slots=True)
class Throwaway:
    """A running server of our own; its login is a superuser."""

    provider: str  # docker | embedded | local
    reason: str  # why this provider was taken, for the person who watches
    url: Url
