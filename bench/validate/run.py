"""What ttdb finds beside its peers: python bench/validate/run.py [--sample N] [--tool NAME] > figures.md.

Every tool meets every case of every corpus in tests/attack/corpus, each on a copy of its own of the sound database.
Credited is a finding above info that the sound database does not have and that names the object of the hole; a false
alarm is one on a harmless variant, whatever it names. A tool that fails or gives no answer in time has found nothing.
"""

import argparse
import os
import platform
import random
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.validate.corpora import Case, Corpus, broken, found, make_template
from bench.validate.peers import Failed, Said, Tool, tools
from ttdb.config import load
from ttdb.errors import TtdbError
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url


@dataclass
class Score:
    """What one tool came to."""

    holes: int = 0
    found: int = 0
    harmless: int = 0
    alarms: int = 0
    sound: int = 0  # findings on the sound databases
    failures: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Compare ttdb validate with its peers on our corpora.")
    parser.add_argument(
        "--sample", type=int, help="so many holes and harmless variants of each corpus, drawn by chance"
    )
    parser.add_argument("--tool", help="only tools whose name holds this")
    asked = parser.parse_args()
    taken = [each for each in tools() if not asked.tool or asked.tool in each.name]
    scores = {each.name: Score() for each in taken}
    corpora = found()
    with throwaway(load(), on_talk=_talk) as server:
        version = server.reason.split(":")[0]
        for corpus in corpora:
            make_template(server.url, corpus)
            _measure(server.url, corpus, taken, scores, asked.sample)
    sys.stdout.write("\n".join([_heading(version, corpora, asked.sample), *_table(scores)]) + "\n")


def _measure(server: Url, corpus: Corpus, taken: list[Tool], scores: dict[str, Score], sample: int | None) -> None:
    known: dict[str, set[str]] = {}
    for tool in taken:
        said = _asked(server, corpus, None, tool, scores[tool.name])
        known[tool.name] = {each.key for each in said}
        scores[tool.name].sound += len(known[tool.name])
    cases = _drawn(corpus, sample)
    for number, case in enumerate(cases, start=1):
        _talk(f"{corpus.name} {number} of {len(cases)}: {case.name}")
        for tool in taken:
            score = scores[tool.name]
            new = [each for each in _asked(server, corpus, case, tool, score) if each.key not in known[tool.name]]
            if case.harmful:
                score.holes += 1
                score.found += any(_names(each, case) for each in new)
            else:
                score.harmless += 1
                score.alarms += bool(new)


def _drawn(corpus: Corpus, sample: int | None) -> list[Case]:
    kinds = [[each for each in corpus.cases if each.harmful is harmful] for harmful in (True, False)]
    if sample is None:
        return [case for kind in kinds for case in kind]
    chance = random.Random(corpus.name)  # noqa: S311 - which cases, the same in every run
    return [case for kind in kinds for case in chance.sample(kind, min(sample, len(kind)))]


def _asked(server: Url, corpus: Corpus, case: Case | None, tool: Tool, score: Score) -> list[Said]:
    with broken(server, corpus, case) as url:
        started = monotonic()
        try:
            return tool.ask(url, corpus, case is not None and case.disposable)
        except (Failed, TtdbError) as error:
            _talk(f"{tool.name} failed: {error}")
            score.failures += 1
            return []
        finally:
            score.seconds.append(monotonic() - started)


def _names(said: Said, case: Case) -> bool:
    """Tell whether a finding names one of the hole's objects: by schema and name, or a role by its name."""
    cores = [each.removeprefix("role ").split("(")[0] for each in case.objects]
    return any(re.search(rf"(?<![\w.]){re.escape(core)}(?!\w)", said.text) for core in cores)


def _heading(version: str, corpora: list[Corpus], sample: int | None) -> str:
    machine = f"{version}, {os.cpu_count()} cores, {platform.machine()}, load average {os.getloadavg()[0]:.1f}"
    part = "" if sample is None else f"; a sample of {sample} of each kind"
    names = ", ".join(each.name for each in corpora)
    return f"{datetime.now(UTC):%Y-%m-%d}, {machine}; corpora: {names}{part}\n"


def _table(scores: dict[str, Score]) -> list[str]:
    lines = [
        "| tool | found | false alarms | findings on the sound databases | failures | median s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, score in scores.items():
        share = f"{score.found} of {score.holes} ({score.found / max(score.holes, 1):.1%})"
        alarms = f"{score.alarms} of {score.harmless}"
        lines.append(
            f"| {name} | {share} | {alarms} | {score.sound} | {score.failures} | {median(score.seconds):.1f} |"
        )
    return lines


def _talk(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
