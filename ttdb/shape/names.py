"""What names tell: their words, which columns usually hold a tenant, and what a table of such rows is called."""

import re

TENANT_COLUMNS = (
    "tenant_id", "org_id", "organization_id", "organisation_id", "account_id", "company_id", "workspace_id",
    "customer_id", "client_id", "team_id", "store_id", "shop_id", "merchant_id", "tenant", "org", "organization",
    "account", "company", "workspace", "tenant_uuid", "tenant_key", "tenant_code", "org_key", "site_id",
)  # fmt: skip
# What means nothing but a tenant; the others may be anybody's customer, account or site.
SURELY_TENANT = frozenset(name for name in TENANT_COLUMNS if name.startswith(("tenant", "org", "workspace_")))
OWN_SCHEMAS = ("ttdb", "audit", "masked")  # ttdb's own: no evidence of how the platform names its tenants
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\s-]+")
_LONG = {"org": "organization"}


def long_form(stem: str) -> str:
    """Return a short word written out."""
    return _LONG.get(stem, stem)


def plurals(stem: str) -> set[str]:
    """Return what a table may be called whose rows a word names."""
    found = {stem, f"{stem}s", f"{stem}es"}
    return found | {f"{stem[:-1]}ies"} if stem.endswith("y") else found


def in_words(name: str) -> str:
    """Return a name with an underscore between its words: ``first_name`` of ``firstName``."""
    return _WORDS.sub("_", name).lower()
