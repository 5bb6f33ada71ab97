"""What is proposed for the live platform's 177 tables is what is known of them."""

from collections import Counter

from support.databases import connect

from ttdb.postgres.url import Url
from ttdb.tenancy import Belongs, Proposal, propose


def _way(proposal: Proposal) -> str:
    if proposal.belongs is not Belongs.PARENT or proposal.way is None:
        return str(proposal.belongs)
    return "text" if proposal.way.as_text else "foreign key" if proposal.way.constraint else "uuid"


def test_each_table_reaches_its_tenant_as_is_known(legacy_shared_url: Url) -> None:
    with connect(legacy_shared_url) as connection:
        plan, proposals = propose(connection)

    assert (str(plan.tenants), plan.column) == ("public.tenants", "tenant_id")
    assert len(proposals) == 177
    # 28 tables have the column, and the tenants' own; the rest is 148 with what the fixture's rows confirm.
    assert Counter(map(_way, proposals)) == {"own": 29, "foreign key": 28, "uuid": 64, "text": 14, "undecided": 42}
