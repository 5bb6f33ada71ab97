"""An open-loop load: what arrives, arrives on schedule, whether the server keeps up or not."""

import itertools
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from bench.online import service
from bench.online.live import Buyer, World
from bench.online.service import Refused, Row, Session, Statement
from ttdb.postgres.url import Url

_TRIES = 1 + len(service.PREPARED)  # each prepared statement may be refused once
_DRAIN_S = 180.0  # after the last arrival: how long what is late may take


@dataclass(frozen=True, slots=True)
class Done:
    """One transaction of a service."""

    scheduled: float  # time.monotonic()
    finished: float
    kind: str

    @property
    def latency_ms(self) -> float:
        """Return how long its client waited: from when it should have begun."""
        return (self.finished - self.scheduled) * 1000


@dataclass(slots=True)
class Acknowledged:
    """Writes whose COMMIT the server answered: the rows as it returned them last, by their ids."""

    orders: dict[str, Row] = field(default_factory=dict)
    payments: dict[str, Row] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.orders) + len(self.payments) + len(self.items) + len(self.entries)


class Load:
    """Services at work, each of a bounded pool of connections by a thread of its own.

    Each takes the next arrival, waits for its time, and serves it; while all are busy, arrivals grow late, and their
    latency counts from when they were due.
    """

    def __init__(self, urls: Sequence[Url], world: World, rate: float) -> None:
        """Open the pool: one connection for each URL."""
        self._rate = rate
        self._begun = 0.0
        self._numbers = itertools.count()
        self._taking = threading.Lock()
        self._last: float | None = None  # what is due later does not arrive
        self._give_up = float("inf")
        self._reporting = threading.Event()
        self._workers = [
            _Worker(self, number, url, world, standing=world.orders[number :: len(urls)])
            for number, url in enumerate(urls)
        ]
        self._threads = [threading.Thread(target=worker.work, daemon=True) for worker in self._workers]
        self._threads.append(threading.Thread(target=self._report, args=(urls[0],), daemon=True))
        self._reports: Counter[tuple[str, str]] = Counter()

    def start(self) -> None:
        """Let it begin."""
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let nothing more arrive, and serve what is due; what is still late after minutes is given up."""
        self._last = time.monotonic()
        self._give_up = self._last + _DRAIN_S
        self._reporting.set()
        for thread in self._threads:
            thread.join()
        for worker in self._workers:
            worker.session.close()

    def abandon(self) -> None:
        """Let it end at once, late or not."""
        self._last = self._give_up = 0.0
        self._reporting.set()

    def next_arrival(self) -> float | None:
        """Return when the next one is due; None when none is."""
        with self._taking:
            due = self._begun + next(self._numbers) / self._rate
        last = self._last
        return None if last is not None and (due > last or time.monotonic() > self._give_up) else due

    def ended(self, due: float) -> bool:
        """Tell whether it ended before that was due."""
        return self._last is not None and due > self._last

    @property
    def done(self) -> list[Done]:
        """Return what was served."""
        return [item for worker in self._workers for item in list(worker.done)]

    @property
    def errors(self) -> Counter[tuple[str, str]]:
        """Count what was refused, by SQLSTATE and message, but for the prepared ``select *`` of a changed table."""
        found = Counter(self._reports)
        for worker in self._workers:
            found.update(worker.errors)
        return found

    @property
    def refused_plans(self) -> Counter[tuple[str, str]]:
        """Count the prepared ``select *`` of a changed table, by statement and connection."""
        found: Counter[tuple[str, str]] = Counter()
        for worker in self._workers:
            found.update(worker.session.refused_plans)
        return found

    @property
    def unserved(self) -> int:
        """Return how many arrivals were given up."""
        return sum(worker.unserved for worker in self._workers)

    def acknowledged(self) -> list[Acknowledged]:
        """Return what must be in the database; each worker is the only one that writes its rows."""
        return [worker.acknowledged for worker in self._workers]

    def _report(self, url: Url) -> None:
        """Every ten seconds, read the tables and sit idle in transaction for three."""
        with psycopg.connect(url.with_parts(application_name="bench report").conninfo, autocommit=True) as connection:
            while not self._reporting.wait(7):
                try:
                    with connection.transaction():
                        for table in ("orders", "order_items", "payment_transactions", "audit_logs", "users", "events"):
                            query = psycopg.sql.SQL("select * from public.{} limit 1")
                            connection.execute(query.format(psycopg.sql.Identifier(table)), prepare=False)
                        self._reporting.wait(3)
                except psycopg.Error as error:
                    self._reports[error.sqlstate or "", f"report: {error.diag.message_primary or error}"] += 1


@contextmanager
def running(urls: Sequence[Url], world: World, rate: float) -> Iterator[Load]:
    """Run a load until the block ends, or is interrupted."""
    load = Load(urls, world, rate)
    load.start()
    try:
        yield load
    except BaseException:
        load.abandon()
        raise
    load.stop()


class _Worker:
    """One connection of the pool, and the only writer of its rows."""

    def __init__(self, load: Load, number: int, url: Url, world: World, standing: Sequence[str]) -> None:
        self.session = Session(url, f"connection {number}")
        self.done: list[Done] = []
        self.errors: Counter[tuple[str, str]] = Counter()
        self.unserved = 0
        self.acknowledged = Acknowledged()
        self._load = load
        self._draw = random.Random(number)  # noqa: S311 - the same in every run
        self._number = number
        self._run = uuid.uuid4().hex[:6].upper()
        self._made = 0
        self._world = world
        self._buyers: dict[tuple[str | None, str | None], Buyer] = {(b.event, b.user): b for b in world.buyers}
        self._mine = list(standing)
        self._open: list[tuple[str, str | None]] = []  # orders of ours, and their payments
        kinds: dict[Callable[[], None], int] = {self.buy: 30, self.pay: 20, self.end: 15, self.look: 25, self.log: 10}
        self._kinds, self._weights = list(kinds), list(kinds.values())

    def work(self) -> None:
        """Serve arrivals until none is due any more."""
        while (due := self._load.next_arrival()) is not None:
            time.sleep(max(0.0, due - time.monotonic()))
            if self._load.ended(due):
                return
            kind = self._draw.choices(self._kinds, self._weights)[0]
            self._serve(kind)
            self.done.append(Done(due, time.monotonic(), kind.__name__))

    def _serve(self, kind: Callable[[], None]) -> None:
        for _ in range(_TRIES):
            try:
                kind()
            except Refused as refused:
                if not refused.cached_plan:
                    self.errors[refused.sqlstate, f"{refused.message} ({refused.statement.text[:60]})"] += 1
                if not self._again(refused):
                    return
            else:
                return
        self.errors["0A000", f"{kind.__name__}: prepared again and again"] += 1

    def _again(self, refused: Refused) -> bool:
        try:
            return self.session.recover(refused)
        except (Refused, psycopg.Error) as error:
            self.errors["", f"no way back: {error}"] += 1
            time.sleep(0.5)
            return False

    def buy(self) -> None:
        """Make an order with its items."""
        buyer = self._draw.choice(self._world.buyers)
        quantity, price = self._draw.randint(1, 4), self._draw.randint(10, 99) * 100
        net, tax = quantity * price, quantity * price // 10
        self.session.run(service.EVENT_BY_ID, buyer.event)
        self.session.run(service.TICKET_TYPES, buyer.event)
        self.session.begin()
        made = self._order(buyer, net, tax, quantity)
        order = str(made["id"])
        item = self.session.one(service.INSERT_ITEM, order, buyer.ticket_type, quantity, price, net)
        self.session.commit()
        self.acknowledged.orders[order] = made
        self.acknowledged.items.append(str(item["id"]))
        self._open.append((order, None))

    def _order(self, buyer: Buyer, net: int, tax: int, quantity: int) -> Row:
        self._made += 1
        number = f"ORD-{self._run}-{self._number}-{self._made}"
        given: tuple[object, ...] = (buyer.user, buyer.event, number, net, tax, net + tax, quantity)
        if self._made % 4 == 0:
            return self.session.one(service.INSERT_ORDER_OF_NO_TENANT, *given)
        key = f"key-{number}"
        return self.session.one(service.INSERT_ORDER, buyer.tenant, *given, key)

    def pay(self) -> None:
        """Take the payment for an order."""
        order = next((order for order, payment in self._open if payment is None), None)
        if order is None:
            return self.change()
        self.session.begin()
        row = self.session.one(service.ORDER_FOR_UPDATE, order)
        buyer = self._buyers[row["event_id"], row["user_id"]]
        intent = f"pi_{self._run}_{order}"
        amount = int(str(row["total_cents"])) / 100
        tenant = row["tenant_id"] if self._draw.random() < 0.7 else None
        values = (buyer.venue, buyer.user, buyer.event, amount, 1, amount - 1, intent, uuid.uuid4(), tenant)
        payment = self.session.one(service.INSERT_PAYMENT, *values)
        paid = self.session.one(service.PAY_ORDER, order, intent)
        entry = str(self.session.one(service.INSERT_ENTRY, buyer.user, "order.pay", order)["id"])
        self.session.commit()
        self.acknowledged.orders[order] = paid
        self.acknowledged.payments[str(payment["id"])] = payment
        self.acknowledged.entries.append(entry)
        self._open.remove((order, None))
        self._open.append((order, str(payment["id"])))
        return None

    def end(self) -> None:
        """Complete an order that is paid."""
        paid = next((item for item in self._open if item[1]), None)
        if paid is None:
            return self.change()
        order, payment = paid
        self.session.begin()
        row = self.session.one(service.CHANGE_ORDER, order, "COMPLETED")
        changed = self.session.one(service.CHANGE_PAYMENT, payment, "completed")
        self.session.commit()
        self._open.remove(paid)
        self.acknowledged.orders[order] = row
        self.acknowledged.payments[str(payment)] = changed
        return None

    def change(self) -> None:
        """Change an order that stood before."""
        order = self._draw.choice(self._mine)
        status = self._draw.choice(("PAID", "COMPLETED", "CANCELLED"))
        self.acknowledged.orders[order] = self.session.one(service.CHANGE_ORDER, order, status)

    def look(self) -> None:
        """Read what a buyer, or a clerk, looks at."""
        buyer, order = self._draw.choice(self._world.buyers), self._draw.choice(self._mine)
        intent = f"pi_{self._draw.randint(1, 5000)}"
        reads: tuple[tuple[Statement, tuple[str, ...]], ...] = (
            (service.USER_BY_ID, (buyer.user,)),
            (service.ORDERS_OF_USER, (buyer.tenant, buyer.user)),
            (service.ORDER_BY_ID, (order,)),
            (service.ITEMS_OF_ORDER, (order,)),
            (service.PAYMENT_BY_INTENT, (intent,)),
            (service.ENTRIES_OF_ORDER, (order,)),
        )
        for statement, values in self._draw.sample(reads, 3):
            self.session.run(statement, *values)

    def log(self) -> None:
        """Write an entry of what somebody did."""
        buyer, order = self._draw.choice(self._world.buyers), self._draw.choice(self._mine)
        made = self.session.one(service.INSERT_ENTRY, buyer.user, "order.view", order)
        self.acknowledged.entries.append(str(made["id"]))
