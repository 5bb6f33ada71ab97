insert into public.order_discounts (tenant_id, order_id, discount_code, discount_type, discount_value, applied_at)
select o.tenant_id, o.id, 'FIVE', 'FIXED', 5, o.created_at
from public.orders as o
where o.discount_amount > 0
