"""Frozen words: never changed, and read without Faker."""

import hashlib
import re
import subprocess
import sys
import tomllib

import pytest

from ttdb.errors import ScenarioInvalid
from ttdb.seed.freeze import frozen
from ttdb.seed.place import Place
from ttdb.seed.vocabulary import load, words
from ttdb.sqlfile import shipped

_RELEASED = {
    "acts-v1": "97734a5d21e130b6b362ebe03066b5641bc9e8c3ff8cac705fbbb63196c39c2c",
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


def test_language_without_a_file_is_drawn_by_faker_and_the_same_twice() -> None:
    place = Place("x.toml", "")

    pools = load(["ticketing-v1", "ja_JP"], place)

    assert pools == load(["ticketing-v1", "ja_JP"], place)
    assert all(re.search("[\u3040-\u30ff\u4e00-\u9fff]", word) for word in words(pools, "last_names_ja", place).words)


@pytest.mark.parametrize(
    ("name", "hint"), [("jp_JP", 'Did you mean "ja_JP"?'), ("en_US-v2", 'Did you mean "en_US-v1"?')]
)
def test_unknown_vocabulary_is_named_with_its_line_and_the_nearest(name: str, hint: str) -> None:
    place = Place("x.toml", f'title = "x"\nvocabulary = ["{name}"]\n', ("vocabulary",))

    with pytest.raises(ScenarioInvalid) as caught:
        load([name], place)

    assert caught.value.message == f'x.toml, line 2: vocabulary: unknown vocabulary "{name}"'
    assert caught.value.hint == hint


def test_freezing_is_repeatable_and_sorted() -> None:
    text = frozen("en_US")

    assert text == frozen("en_US")
    assert all(pool == sorted(set(pool)) and len(pool) >= 200 for pool in tomllib.loads(text).values())
