'''
code = "SRV003"
name = "prepared-statements-fail"
severity = "info"
since = "0.1.0"
title = "Named prepared statements fail behind the pooler"
why = """
Drivers prepare statements under names of their own, which the next transaction may look for in another connection, or
find taken by another client: errors 26000 and 42P05 that come and go with the load. PgBouncer keeps them apart from
version 1.21 on, where max_prepared_statements is above zero.
"""
bad = """
-- in pgbouncer.ini: pool_mode = transaction, before 1.21 or with max_prepared_statements = 0
"""
fix = """
-- in pgbouncer.ini, from 1.21 on: max_prepared_statements = 200
-- or in the services: no named statements, as by psycopg's prepare_threshold=None or JDBC's prepareThreshold=0
"""
'''

from collections.abc import Iterator

from ttdb.model.validation import Unproven
from ttdb.validate.hole import Hole
from ttdb.validate.world import World


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Say whether two clients that prepared under one name each got their own statement back."""
    pool = world.pool
    if pool is not None and pool.prepares is False:
        yield Hole(
            object=f"pooler {pool.place}",
            role=pool.login,
            detail=f"{pool.product}, as {pool.login}: two clients prepared under one name: {pool.refusal}",
            cause="named prepared statements fail behind the pooler",
            fix="-- in pgbouncer.ini, from 1.21 on: max_prepared_statements = 200\n"
            "-- or in the services: no named prepared statements",
        )
