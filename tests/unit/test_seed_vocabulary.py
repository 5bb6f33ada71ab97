"""Frozen words: never changed, and read without Faker."""

import hashlib
import subprocess
import sys
import tomllib

from ttdb.seed.freeze import frozen
from ttdb.seed.place import Place
from ttdb.seed.vocabulary import load, words
from ttdb.sqlfile import shipped

_RELEASED = {
    "de_DE-v1": "4e1e192d3c11611b02b0d8949063b55e90922d0aa6782e947a6cb7c4554a9d22",
    "en_US-v1": "1ff3a008c010aced163efb648a766e14661a35b97be825ec82155368833fbea0",
    "fr_FR-v1": "56e6f69fd5db4619f861b559de7cdec4cf4ece9e61b44477ed9977227b92e139",
    "ticketing-v1": "6c684d1bddbd58a6922ea2ecb4fcd8c028aff0600a7392dc01473594d214e94b",
}


def test_vocabularies_never_change_once_made() -> None:
    found = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (shipped("seeds") / "vocabulary").glob("*.toml")
    }

    assert found == _RELEASED


def test_seeding_does_not_import_faker() -> None:
    script = "import sys, ttdb.seed; ttdb.seed.names(); sys.exit('faker' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_addresses_belong_to_nobody() -> None:
    place = Place("x.toml", "")

    hosts = words(load(["ticketing-v1"], place), "mail_hosts", place).words

    assert set(hosts) <= {"example.com", "example.net", "example.org"}


def test_freezing_is_repeatable_and_sorted() -> None:
    text = frozen("en_US")

    assert text == frozen("en_US")
    assert all(pool == sorted(set(pool)) and len(pool) >= 200 for pool in tomllib.loads(text).values())
