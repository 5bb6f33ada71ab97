"""How a new login is told: its password alone on the answer, the rest for people, or one object as JSON."""

import json
from dataclasses import asdict

from ttdb.model.database import Target
from ttdb.roles import Change, Service


def as_json(target: Target, service: Service, made: Change, password: str | None) -> str:
    """Return one object; ``password`` is there only where ttdb made it."""
    facts: dict[str, object] = {
        "schema": "ttdb.roles/1",
        "target": asdict(target),
        "role": service.name,
        "created": not service.rotate,
        "group": made.group,
        "connection_limit": made.connections,
        "settings": dict(made.settings),
        "resolvers": list(made.resolvers),
    }
    return json.dumps(facts if password is None else facts | {"password": password}, indent=2)


def as_text(service: Service, made: Change) -> str:
    """Return what the login is now, in one line."""
    parts = [f"in {made.group}"]
    parts += [] if made.connections is None else [f"{made.connections} connections at most"]
    parts += [f"{name} {value}" for name, value in made.settings.items()]
    parts += [f"may ask {function}" for function in made.resolvers]
    return f"role {service.name} {'has a new password' if service.rotate else 'made'}: {', '.join(parts)}"


def as_sql(made: Change) -> str:
    """Return the statements as one transaction."""
    return "\n".join(["begin;", *(f"{statement};" for statement in made.statements), "commit;"])
