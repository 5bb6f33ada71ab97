insert into public.tenants (id, name, slug, status)
select w.id, 'Organiser ' || w.rank, 'organiser-' || w.rank, 'ACTIVE'
from world as w
