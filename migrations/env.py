"""Alembic's entry: the work is in ttdb.migrate.environment, the same for ttdb's own commands and plain alembic."""

from alembic import context

from ttdb.migrate.environment import run

run(context)
