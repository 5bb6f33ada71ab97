"""Word pools: frozen once, versioned by file name, in ``seeds/vocabulary``; of other languages drawn by Faker."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ttdb.seed.columns import Value, pool_of
from ttdb.seed.place import Place
from ttdb.seed.texts import Pool
from ttdb.sqlfile import shipped

_LOCALE = re.compile(r"([a-z]{2,3})_[A-Z]{2}")
Pools: TypeAlias = "Mapping[str, Sequence[str | Mapping[str, Value]]]"


def load(files: Sequence[str], place: Place) -> Pools:
    """Read vocabularies such as ``en_US-v1``; a later file may not repeat a pool of an earlier one.

    A locale of Faker's that has no file, such as ``ja_JP``, is drawn now: pools ``first_names_ja`` and so on.

    Raises:
        ScenarioInvalid: there is no such vocabulary, or two define one pool.

    """
    pools: dict[str, Sequence[str | Mapping[str, Value]]] = {}
    for name in files:
        if not isinstance(name, str):
            raise place.wrong(f"{name!r} is no name of a vocabulary")
        for pool, words in tomllib.loads(_text(name, place)).items():
            if pool in pools:
                raise place.wrong(f'pool "{pool}" is in two vocabularies')
            pools[pool] = words
    return pools


def _text(name: str, place: Place) -> str:
    path = shipped("seeds") / "vocabulary" / f"{name}.toml"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    known = {found.stem for found in path.parent.glob("*.toml")}
    if locale := _LOCALE.fullmatch(name):
        from faker.config import AVAILABLE_LOCALES  # noqa: PLC0415 - slow to import; what is frozen does not need it

        from ttdb.seed.freeze import frozen  # noqa: PLC0415 - as above

        if name in AVAILABLE_LOCALES:
            return frozen(name, f"_{locale[1]}")
        known |= set(AVAILABLE_LOCALES)
    raise place.unknown("vocabulary", name, known)


def words(pools: Pools, name: str, place: Place) -> Pool:
    """Return a pool of words, or with ``pool.field`` one field of a pool of records.

    Raises:
        ScenarioInvalid: there is no such pool or field.

    """
    pool, _, field = name.partition(".")
    if pool not in pools:
        raise place.unknown("word pool", pool, pools)
    entries = pools[pool]
    if not field:
        if any(not isinstance(entry, str) for entry in entries):
            raise place.wrong(f'pool "{pool}" holds records', f'Write "{pool}.FIELD".')
        return pool_of(tuple(entry for entry in entries if isinstance(entry, str)))
    known = {key for entry in entries if not isinstance(entry, str) for key in entry}
    if field not in known:
        raise place.unknown(f'field of pool "{pool}"', field, known)
    return pool_of(tuple(str(entry[field]) for entry in entries if not isinstance(entry, str)))
