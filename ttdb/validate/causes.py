"""Why a role reaches rows it should not: the one sentence under which findings are grouped."""

from ttdb.validate.catalog import VIEWS, Policy, Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.discover.settings import named_in

DEFAULTED = "the tenant setting has a default"  # so what each session sees of one tenant is nobody else's fault
# What a cause's sentence holds when it opens much, the most fatal first.
FATAL = (
    "SUPERUSER",
    "BYPASSRLS",
    DEFAULTED,
    "may become",
    "is the owner",
    "any session can set",
    "true for everyone",
    "off",
)
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete"}


def why(found: Discovery, relation: Relation, role: str, command: str = "r") -> str:  # noqa: PLR0911 - one for each kind of reason
    """Say what lets the role through, the most fatal first."""
    known = found.catalog.roles[role]
    if known.superuser or known.bypasses:
        return f"role {role} has {'SUPERUSER' if known.superuser else 'BYPASSRLS'}"
    if relation.kind == "m":
        return "a materialized view holds all tenants' rows"
    if relation.kind in VIEWS and not relation.invoker:
        return "a view reads with its owner's rights"
    if relation.kind in VIEWS:
        return "a view shows what its tables show"
    if not relation.enabled:
        if relation.root is not None:
            return "a partition has row level security off"
        return _off(found, relation)
    if not relation.forced and relation.owner in {role, *known.inherits}:
        return f"row level security is not forced on the owner, and {role} is the owner"
    return _by_policy(found, relation, role, command)


def _off(found: Discovery, relation: Relation) -> str:
    if relation.oid in found.paths:
        return "tables with tenants' rows have no tenant column and no row level security"
    return "row level security is off"


def _by_policy(found: Discovery, relation: Relation, role: str, command: str) -> str:
    policies = [each for each in found.catalog.policies_of(relation, role) if each.permissive]
    fitting = [each for each in policies if each.command in (command, "*")]
    for policy in fitting:
        if _expression(policy, command) == "true":
            return f"policy {policy.name} is true for everyone"
    wide = [policy for policy in fitting if found.tenant_columns.get(relation.oid) not in policy.columns]
    if wide:
        settings = sorted(set(named_in(wide[0].text)))
        through = f", only to {', '.join(settings)}" if settings else ""
        return f"policy {wide[0].name} does not hold rows to the tenant{through}"
    if fitting:
        return f"policy {fitting[0].name} lets others' rows through"
    return f"no policy restricts {_COMMANDS[command]}"


def _expression(policy: Policy, command: str) -> str | None:
    return policy.qual if command in ("r", "d") or policy.with_check is None else policy.with_check


def through(found: Discovery, relation: Relation, role: str, setting: str | None = None) -> str:
    """Name the policies that read a setting, any or the given one, and by which functions, to append to a detail."""
    policies = [
        policy
        for policy in found.catalog.policies_of(relation, role)
        if (setting or "current_setting") in policy.text or policy.functions
    ]
    if not policies:
        return ""
    called = {oid for policy in policies for oid in policy.functions}
    readers = sorted(
        body.name
        for body in found.catalog.bodies
        if body.kind == "function" and body.oid in called and (setting or "current_setting") in body.body
    )
    by = f", by {', '.join(readers)}" if readers else ""
    return f" (policy {', '.join(policy.name for policy in policies)}{by})"


def fatality(cause: str) -> int:
    """Return the rank of a cause: what opens the whole database comes first."""
    return next((rank for rank, mark in enumerate(FATAL) if mark in cause), len(FATAL))
