"""Which database a command works on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Which database a command works on; never holds a password."""

    kind: str  # live | throwaway | clone
    host: str
    port: int
    database: str
    user: str
    server_version: str

    def __str__(self) -> str:
        return f"{self.database} on {self.host}:{self.port} as {self.user} (PostgreSQL {self.server_version})"
