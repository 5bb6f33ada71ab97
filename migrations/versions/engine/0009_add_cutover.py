"""Bring services under row-level security one by one: observed first, and then refused."""

from ttdb.migrate.steps import sql_file, upgrade_and_downgrade

revision = "engine_0009"
down_revision = "engine_0008"
branch_labels = None
depends_on = None

# The functions below cannot go while policies call them, and a downgrade is not to end an observation by the way: asked
# before the first change (BOUND), and again where a script is run by hand.
REFUSED = """\
do $$
begin
    if exists (select from ttdb.observed_relations()) then
        raise exception 'services are observed'
            using errcode = 'TTOBS', hint = 'Run "ttdb cutover status", and enforce each or take it back, first.';
    end if;
end
$$;"""
BOUND = """\
select 'ttdb_observed', pg_catalog.format('services are observed, tables: %s', pg_catalog.count(*)),
    'Run "ttdb cutover status", and enforce each or take it back.'
from ttdb.observed_relations()
having pg_catalog.count(*) > 0"""
LOST = """\
select pg_catalog.format('%s stages of cut-overs', pg_catalog.count(*))
from ttdb.cutovers
having pg_catalog.count(*) > 0"""

STEPS = [
    sql_file(
        "20_functions/grants_as_text_unobserved.sql",
        creates="function ttdb.grants_as_text(aclitem[])",
        replaces="20_functions/grants_as_text.sql",
    ),
    sql_file(
        "20_functions/definitions_of_unobserved.sql",
        creates="function ttdb.definitions_of(regclass[])",
        replaces="20_functions/definitions_of.sql",
    ),
    sql_file(
        "50_rls/policies_on_unobserved.sql",
        creates="function ttdb.policies_on(regclass)",
        replaces="50_rls/policies_on.sql",
    ),
    sql_file("85_cutover/cutovers.sql", creates="table ttdb.cutovers", loses=LOST),
    sql_file("85_cutover/observations.sql", creates="table ttdb.observations"),
    sql_file(
        "85_cutover/record_observation.sql",
        creates="function ttdb.record_observation(regclass, text, text, uuid)",
        role="ttdb_definer",
    ),
    sql_file("85_cutover/observe.sql", creates="function ttdb.observe(regclass, text, text, boolean, uuid)"),
    sql_file("85_cutover/observed_policies_for.sql", creates="function ttdb.observed_policies_for(regclass)"),
    sql_file("85_cutover/observed_grants_for.sql", creates="function ttdb.observed_grants_for(regclass)"),
    sql_file("85_cutover/observable.sql", creates="function ttdb.observable()"),
    sql_file("85_cutover/observed_relations.sql", creates="function ttdb.observed_relations()"),
    sql_file("85_cutover/is_observed.sql", creates="function ttdb.is_observed(regclass)"),
    sql_file("85_cutover/unobserve_table.sql", creates="function ttdb.unobserve_table(regclass)"),
    sql_file("85_cutover/observe_table.sql", creates="function ttdb.observe_table(regclass)"),
    sql_file(
        "85_cutover/renew_plans.sql",
        creates="function ttdb.renew_plans()",
        down=(REFUSED, "drop function ttdb.renew_plans();"),
        bound=BOUND,
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
