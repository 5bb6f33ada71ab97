"""The usual way: every value drawn from Faker, every row an object, written by SQLAlchemy's unit of work."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from faker import Faker
from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session

from ttdb.postgres.url import Url

_TABLES = ("tenants", "users", "venues", "events", "ticket_types", "orders", "order_items")
_LEAVES = ("users", "ticket_types", "order_items")
_USERS, _EVENTS, _ITEMS, _BATCH = 40, 8, 2, 100


def write(url: Url, orders: int) -> int:
    """Write so many orders with two items each, and what they refer to; return how many rows that were."""
    engine = create_engine(url.uri().replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        return _Writer(engine).write(orders)
    finally:
        engine.dispose()


class _Writer:
    def __init__(self, engine: Engine) -> None:
        metadata = MetaData(schema="public")
        metadata.reflect(engine, only=_TABLES)
        base: Any = automap_base(metadata=metadata)
        base.prepare(generate_relationship=lambda *_args, **_more: None)  # the columns alone
        self.made, self.engine = base.classes, engine
        self.fake, self.rows = Faker("en_US"), 0
        self.fake.seed_instance(1)

    def write(self, orders: int) -> int:
        with Session(self.engine) as session:
            tenant = self._add(session, "tenants", name=self.fake.company(), slug=f"t-{uuid4().hex[:8]}")
            users = [self._user(session, tenant) for _ in range(_USERS)]
            types = [self._event(session, tenant) for _ in range(_EVENTS)]
            session.commit()
            for number in range(orders):
                self._order(session, tenant, self.fake.random_element(users), self.fake.random_element(types), number)
                if number % _BATCH == _BATCH - 1:
                    session.commit()
            session.commit()
        return self.rows

    def _add(self, session: Session, table: str, **values: Any) -> Any:  # noqa: ANN401 - a mapped class of the moment
        row = getattr(self.made, table)(id=uuid4(), **values)
        session.add(row)
        if table not in _LEAVES:
            session.flush()  # without relationships the unit of work does not know who needs whom
        self.rows += 1
        return row

    def _user(self, session: Session, tenant: Any) -> Any:  # noqa: ANN401 - a mapped class of the moment
        fake = self.fake
        return self._add(
            session,
            "users",
            tenant_id=tenant.id,
            email=f"{uuid4().hex[:10]}.{fake.email()}".lower(),
            first_name=fake.first_name(),
            last_name=fake.last_name(),
            password_hash="!",  # noqa: S106 - no password
            status="ACTIVE",
        )

    def _event(self, session: Session, tenant: Any) -> Any:  # noqa: ANN401 - a mapped class of the moment
        fake, own = self.fake, {"tenant_id": tenant.id}
        slug = uuid4().hex[:12]
        venue = self._add(
            session,
            "venues",
            **own,
            name=fake.company(),
            slug=slug,
            city=fake.city(),
            country_code="US",
            timezone="UTC",
            max_capacity=1000,
        )
        starts = fake.date_time_between("+30d", "+90d")
        event = self._add(
            session,
            "events",
            **own,
            venue_id=venue.id,
            name=fake.catch_phrase(),
            slug=slug,
            status="ON_SALE",
            starts_at=starts,
            ends_at=starts + timedelta(hours=3),
        )
        price = Decimal(fake.random_int(2000, 18000)) / 100
        return self._add(
            session,
            "ticket_types",
            **own,
            event_id=event.id,
            name="Stalls",
            price=price,
            currency="USD",
            quantity=1000000,
            sale_starts_at=starts - timedelta(days=120),
            sale_ends_at=starts,
            max_per_order=20,
        )

    def _order(self, session: Session, tenant: Any, user: Any, kind: Any, number: int) -> None:  # noqa: ANN401 - mapped classes of the moment
        counts = [self.fake.random_int(1, 4) for _ in range(_ITEMS)]
        subtotal = kind.price * sum(counts)
        own = {"tenant_id": tenant.id}
        order = self._add(
            session,
            "orders",
            **own,
            user_id=user.id,
            event_id=kind.event_id,
            order_number=f"TT-{number}",
            status="PENDING",
            subtotal=subtotal,
            total_amount=subtotal,
            currency="USD",
            idempotency_key=self.fake.uuid4(),
        )
        for count in counts:
            self._add(
                session,
                "order_items",
                **own,
                order_id=order.id,
                ticket_type_id=kind.id,
                quantity=count,
                unit_price=kind.price,
                subtotal=kind.price * count,
            )
