"""A team's own setup command: python shop.py [rows] [leak]; two tables of many shops, and roles that cannot log in."""

import os
import sys

import psycopg

_SHOP = "nullif(current_setting('app.shop_id', true), '')"
_ROLES = "create role shop_web; create role shop_jobs;"
_TABLE = f"""
create table {{0}} (id int generated always as identity primary key, shop_id text not null, note text);
alter table {{0}} enable row level security;
alter table {{0}} force row level security;
create policy own_shop on {{0}} using (shop_id = {_SHOP}) with check (shop_id = {_SHOP});
grant select, insert, update, delete on {{0}} to shop_web;
"""
_ROW = "insert into {0} (shop_id, note) values ('north', 'of north 1 alone'), ('south', 'of south 1 alone');"
_LEAK = "create view totals as select shop_id, note from refunds; grant select on totals to shop_web;"

if __name__ == "__main__":
    tables = _TABLE + (_ROW if "rows" in sys.argv else "")
    script = _ROLES + "".join(tables.format(name) for name in ("orders", "refunds"))
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute((script + (_LEAK if "leak" in sys.argv else "")).encode())
