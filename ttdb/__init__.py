"""Make a live, shared-schema, multi-tenant PostgreSQL provably isolated, audited, masked and migratable."""

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: what reads it takes longer to import than a command to start."""
    if name != "__version__":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib.metadata import version  # noqa: PLC0415 - see above

    return version("ttdb")
