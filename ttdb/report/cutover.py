"""How cut-overs are told: tables for people, or one object as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ttdb.model.cutover import Connected, CutoverStatus, Lack, Moved, Refusals, Service, Stage

_SCHEMA = {"schema": "ttdb.cutover/1"}
_STAGES = {Stage.BEFORE: "not begun", Stage.OBSERVED: "observed", Stage.ENFORCED: "enforced"}
_REASONS = {
    "no_tenant": "no tenant is set",
    "other_tenant": "the row is another tenant's",
    "no_privilege": "services may not do this to the table",
}
_RECORDED_A_MINUTE = 10  # of a kind; ttdb.record_observation() leaves out the others
_MOMENT = "%Y-%m-%d %H:%M:%S"
_EFFECTS = {"hidden": "row not there", "error": "statement fails"}


def status_json(found: CutoverStatus) -> str:
    """Return one object."""
    return _object(asdict(found))


def status_text(found: CutoverStatus) -> str:
    """Return who connects as what, how far services are, and what is to be done."""
    lines = ["connected"]
    lines += [_connected(item) for item in found.connected] or ["  nobody else"]
    lines += ["services", *([_service(item) for item in found.services] or ["  none logs in by itself"])]
    lines += _advice(found)
    unheld = sorted({item.login for item in found.connected if not item.held})
    count = sum(item.sessions for item in found.connected if not item.held)
    lines.append(
        f"{_counted(count, 'session')} that no policy holds: {', '.join(unheld)}"
        if unheld
        else "every session is held by a policy, or observed"
    )
    return "\n".join(lines)


def _advice(found: CutoverStatus) -> Iterator[str]:
    if not found.sees_all:
        yield "others' addresses are hidden: have an admin run: grant pg_read_all_stats to LOGIN;"
    observed = [item.login for item in found.services if item.stage is Stage.OBSERVED]
    if found.unready:
        names = ", ".join(found.unready)
        yield f'not ready for who is observed: {names}; run "ttdb cutover observe {observed[0]}" again'
    if found.open_relations and not observed:
        verb, name = next(
            (("enforce", item.login) for item in found.services if item.stage is Stage.ENFORCED), ("back", "SERVICE")
        )
        count = _counted(found.open_relations, "relation")
        yield f'nobody is observed, and {count} are still ready for it; run "ttdb cutover {verb} {name}" again'


def moved_json(moved: Moved) -> str:
    """Return one object."""
    return _object(asdict(moved))


def moved_text(moved: Moved) -> str:
    """Return where the service is now, and what it would lack."""
    now = _STAGES[moved.now]
    lines = [f"{moved.login} is {now}" if moved.was is moved.now else f"{moved.login}: {_STAGES[moved.was]} -> {now}"]
    if moved.restored:
        lines.append("it is as it was before the cut-over began")
    if moved.lacks:
        lines.append("it may do now, and not once it is enforced (*: not recorded, for no policy is asked):")
        lines += _lacks(moved.lacks)
    if moved.unobservable:
        lines.append(f"not ttdb's to grant, and so as they are: {', '.join(moved.unobservable)}")
    return "\n".join(lines)


def report_json(service: Service, refusals: Sequence[Refusals], lacks: Sequence[Lack]) -> str:
    """Return one object."""
    return _object(
        {
            "service": asdict(service),
            "refusals": [asdict(item) for item in refusals],
            "lacks": [asdict(item) for item in lacks],
        }
    )


def report_text(service: Service, refusals: Sequence[Refusals], lacks: Sequence[Lack]) -> str:
    """Return what would have been refused, the most frequent first."""
    lines = [_service(service).strip()]
    lines += [_refusals(item) for item in refusals]
    if lacks:
        lines.append("it may do while observed, and not once enforced (*: not recorded, for no policy is asked):")
        lines += _lacks(lacks)
    total = sum(item.transactions for item in refusals)
    least = "at least " if any(item.transactions >= _RECORDED_A_MINUTE for item in refusals) else ""
    lines.append(f"{_counted(len(refusals), 'kind')} of refusals, in {least}{_counted(total, 'transaction')}")
    return "\n".join(lines)


def settings_json(login: str, older: Sequence[str]) -> str:
    """Return one object."""
    return _object({"login": login, "older_settings": list(older)})


def settings_text(login: str, older: Sequence[str]) -> str:
    """Return what is read for the login."""
    return f"{login}: older settings read: {', '.join(older)}" if older else f"{login}: no older setting is read"


def _connected(item: Connected) -> str:
    where = " ".join(part for part in (item.application, item.client and f"from {item.client}") if part)
    return f"  {item.login}  {where or '-'}  {_counted(item.sessions, 'session')}  held by {item.held_by}"


def _service(item: Service) -> str:
    parts = [f"  {item.login}  {_STAGES[item.stage]}"]
    if item.since is not None:
        parts.append(f"since {item.since:%Y-%m-%d %H:%M} by {item.by}")
    parts.append(_counted(item.sessions, "session"))
    if item.stage is Stage.OBSERVED:
        parts.append(f"{_counted(item.refusals, 'refusal')} recorded")
    if item.older_settings:
        parts.append(f"reads {', '.join(item.older_settings)}")
    return ", ".join(parts)


def _refusals(item: Refusals) -> str:
    parts = [
        f"{item.relation}  {item.verb}: {_REASONS[item.reason]}",
        _EFFECTS[item.effect],
        _counted(item.transactions, "transaction") + f", {item.first:{_MOMENT}} to {item.last:{_MOMENT}}",
        ", ".join(item.applications),
    ]
    return "; ".join(part for part in parts if part)


def _lacks(lacks: Sequence[Lack]) -> list[str]:
    return [f"  {', '.join(item.privileges)} on {item.relation}{'' if item.recorded else ' *'}" for item in lacks]


def _counted(count: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _object(facts: dict[str, object]) -> str:
    return json.dumps(_SCHEMA | facts, indent=2, default=str)
