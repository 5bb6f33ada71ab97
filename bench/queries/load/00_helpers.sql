-- Figures that look drawn and are the same in every run: hashes of what they are for.
create function pg_temp.id(kind text, tenant bigint, number bigint) returns uuid
language sql immutable parallel safe
return md5(kind || ' ' || tenant || ' ' || number)::uuid;

create function pg_temp.draw(tenant bigint, number bigint, what int) returns double precision
language sql immutable parallel safe
return (hashint8extended(tenant * 100000000 + number, what) & 2147483647) / 2147483648.0;

-- One of 1 to many; the low ones are drawn far more often where skew is over 1.
create function pg_temp.pick(many int, drawn double precision, skew double precision) returns int
language sql immutable parallel safe
return 1 + floor(many * power(drawn, skew))::int;

create function pg_temp.price(tenant bigint, event bigint) returns numeric
language sql immutable parallel safe
return 10 + mod(tenant * 7 + event * 13, 90);
