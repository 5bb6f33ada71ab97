"""One file per command, found by name; each has ``register(app)``."""
