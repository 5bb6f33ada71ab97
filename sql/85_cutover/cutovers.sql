-- How far each service's login has come on its way under row-level security, and what it was before.
create table ttdb.cutovers (
    login name not null,
    stage text not null,
    found jsonb not null,
    changed_at timestamptz not null default pg_catalog.now(),
    changed_by name not null default session_user,
    constraint cutovers_pkey primary key (login),
    constraint cutovers_stage_must_be_known check (stage in ('before', 'observed', 'enforced'))
);
comment on table ttdb.cutovers is 'The stages of services'' cut-overs; what holds is their logins'' memberships.';
comment on column ttdb.cutovers.login is 'what the service logs in as';
comment on column ttdb.cutovers.stage is
'before: as it was found; observed: sees all, and what would be refused is recorded; enforced: refused';
comment on column ttdb.cutovers.found is 'memberships and attributes before the first change, to be given back';
comment on column ttdb.cutovers.changed_at is 'when it came to this stage';
comment on column ttdb.cutovers.changed_by is 'who brought it there';
comment on constraint cutovers_pkey on ttdb.cutovers is 'a login is at one stage';
comment on constraint cutovers_stage_must_be_known on ttdb.cutovers is
'a cut-over''s stage is before, observed or enforced';
grant select on ttdb.cutovers to ttdb_operator;
