insert into public.users (id, tenant_id, email, first_name, last_name, role, status, password_hash, created_at, updated_at)
select
    pg_temp.id('user', w.rank, n),
    w.id,
    'user' || n || '@organiser-' || w.rank || '.example',
    (array['Ada', 'Ben', 'Chloe', 'Dario', 'Elif', 'Femi', 'Greta', 'Hugo'])[pg_temp.pick(8, pg_temp.draw(w.rank, n, 1), 1)],
    initcap(translate(left(md5('name ' || w.rank || ' ' || n), 7), '0123456789', 'ghijklmnop')),
    case when n <= 1 + w.users / 100 then (array['OWNER', 'MANAGER', 'STAFF'])[1 + mod(n, 3)] else 'CUSTOMER' end,
    'ACTIVE',
    'none',
    w.starts,
    w.starts
from world as w
cross join lateral generate_series(1, w.users) as n
