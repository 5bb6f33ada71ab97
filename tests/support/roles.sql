-- The roles of a cluster and what they may do in this database as a whole, one line each.
select line from (
    select format('role %s super %s inherit %s createrole %s createdb %s login %s bypassrls %s', rolname, rolsuper,
        rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls) as line
    from pg_catalog.pg_roles where rolname !~ '^pg_'
    union all
    select format('%s is a member of %s', member::regrole, roleid::regrole)
    from pg_catalog.pg_auth_members where member::regrole::text !~ '^pg_'
    union all
    select format('database privilege %s', a::text)
    from pg_catalog.pg_database, unnest(coalesce(datacl, acldefault('d', datdba))) as a
    where datname = current_database()
    union all
    select format('setting of role %s database %s: %s', setrole, setdatabase, setconfig)
    from pg_catalog.pg_db_role_setting
) as lines
order by line collate "C"
