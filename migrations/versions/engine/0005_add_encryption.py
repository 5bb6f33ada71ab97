"""Encrypt single values in SQL, over pgcrypto, each with the id of its key."""

from ttdb.migrate.steps import extension, sql_file, upgrade_and_downgrade, use_of_extension

revision = "engine_0005"
down_revision = "engine_0004"
branch_labels = None
depends_on = None

STEPS = [
    extension(
        "pgcrypto",
        schema="ttdb_pgcrypto",
        comment="The extension pgcrypto, out of the way of everybody's names.",
    ),
    use_of_extension("pgcrypto", roles="ttdb_app, ttdb_worker, ttdb_operator"),
    sql_file("90_encryption/pgcrypto_schema.sql", creates="function ttdb.pgcrypto_schema()"),
    sql_file("90_encryption/key_id_of.sql", creates="function ttdb.key_id_of(text)"),
    sql_file("90_encryption/encrypt.sql", creates="function ttdb.encrypt(text, text, text)"),
    sql_file("90_encryption/decrypt.sql", creates="function ttdb.decrypt(text, text)"),
    sql_file("90_encryption/reencrypt.sql", creates="function ttdb.reencrypt(text, text, text, text)"),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
