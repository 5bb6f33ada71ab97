"""Which servers are supported, and what is said of the others."""

import pytest

from ttdb.errors import ServerUnsupported
from ttdb.postgres.connect import refuse_unsupported


@pytest.mark.parametrize("number", [150000, 160004, 170010, 180002])
def test_15_to_18_are_supported(number: int) -> None:
    refuse_unsupported(number, "x")


@pytest.mark.parametrize(("number", "shown"), [(140012, "14.12"), (90624, "9.6.24"), (190000, "19beta1")])
def test_older_and_newer_are_refused_by_name(number: int, shown: str) -> None:
    with pytest.raises(ServerUnsupported) as caught:
        refuse_unsupported(number, shown)

    assert caught.value.message == f"PostgreSQL {shown} is not supported"
    assert caught.value.hint == "Use a server of version 15 to 18."
