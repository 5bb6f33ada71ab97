"""Freeze a vocabulary: draw each pool once from Faker and write it as a file that never changes again.

``python -m ttdb.seed.freeze en_US > seeds/vocabulary/en_US-v1.toml`` made the first, ``… de_DE _de`` the second;
another draw, or another version of Faker, is another version of the file, since Faker's words differ between its
versions.
"""

import json
import sys

_POOLS = {"first_names": ("first_name", 240), "last_names": ("last_name", 400), "companies": ("company", 200)}


def frozen(locale: str, suffix: str = "") -> str:
    """Return a vocabulary's text: each pool from its own seeded Faker, sorted, without repeats.

    Args:
        locale: Faker's name of it.
        suffix: put behind each pool's name, so that one scenario can use several locales.

    """
    from faker import Faker  # noqa: PLC0415 - slow to import, and only freezing needs it

    lines = [f"# Frozen from Faker, locale {locale}, by ttdb.seed.freeze. Never edited: a change is a new version."]
    for pool, (provider, size) in _POOLS.items():
        faker = Faker(locale, use_weighting=False)
        faker.seed_instance(f"{locale}/{pool}")
        words: set[str] = set()
        for _ in range(size * 50):
            words.add(str(getattr(faker, provider)()))
            if len(words) == size:
                break
        lines += [
            f"{pool}{suffix} = [",
            *(f"    {json.dumps(word, ensure_ascii=False)}," for word in sorted(words)),
            "]",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(frozen(*sys.argv[1:]))
