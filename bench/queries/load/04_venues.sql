insert into public.venues (id, tenant_id, name, slug, city, country_code, max_capacity)
select pg_temp.id('venue', w.rank, n), w.id, 'Hall ' || n, 'hall-' || n, 'Springfield', 'US', 50000
from world as w
cross join lateral generate_series(1, w.venues) as n
