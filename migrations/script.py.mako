"""${message}."""

from ttdb.migrate.steps import upgrade_and_downgrade

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

STEPS = []

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
