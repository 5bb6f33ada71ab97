"""Bring a database to a revision and back: small steps, a ledger, lock courtesy; Alembic keeps the history."""
