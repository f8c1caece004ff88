"""The questions that the finished model is measured with, written to checks.json before the training that they measure.

What is held back, by ability: the numbers of sums, lists and ages; names; words to spell; one half of the questions are also put
in phrasings that the corpus does not have. Capitals are always asked in such a phrasing. Unknown things are of kinds that the corpus
does not have. Colours, foods, places, animals and the like are closed lists, the same in training and here.

checks.json was written once, with the phrasings of its day, and stays: questions that change with the corpus would measure nothing.
"""

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import facts
import phrases
import stories
import tasks
import unknown
from dialogues import SYSTEMS, dialogue
from words import ANIMALS, CAPITALS

Check = dict[str, Any]


def _phrasing(index: int) -> tasks.Ask:
    return phrases.held if index % 2 else phrases.taught


def _asked(ability: str, question: str, **expected: object) -> Check:
    return {"ability": ability, "messages": [{"role": "user", "content": question}], **expected}


def _fact_check(rng: random.Random, index: int) -> Check:
    """A fact among others, in the system message or in an earlier turn, with up to two other turns before the question."""
    known = facts.some_facts(rng, rng.randint(1, 3), held=True)
    wanted = rng.choice(known)
    messages: list[dict[str, str]] = []

    def say(role: str, content: str) -> None:
        messages.append({"role": role, "content": content})

    if index % 4 < 2:
        say("system", " ".join([rng.choice(SYSTEMS)] * (index % 3 == 0) + [fact.told_by(rng, "system") for fact in known]))
    else:
        for fact in known:
            say("user", fact.told_by(rng, "user"))
            say("assistant", fact.thanks(rng))
    for _ in range(rng.randint(0, 2)):
        question, answer = rng.choice([tasks.add, tasks.capital, tasks.spell])(rng)
        say("user", question)
        say("assistant", answer)
    say("user", wanted.question(rng, held=bool(index % 2)))
    return {"ability": "fact", "messages": messages, "answer": wanted.answer()}


def make_checks(seed: int, unknown_kinds: list[str] = unknown.HELD) -> list[Check]:
    rng = random.Random(seed)
    checks: list[Check] = []

    def collect(ability: str, count: int, make: Callable[[int], tuple[str, str]]) -> None:
        for index in range(count):
            question, answer = make(index)
            checks.append(_asked(ability, question, answer=answer))

    collect("add", 200, lambda index: tasks.add(rng, _phrasing(index), held=True))
    collect("subtract", 200, lambda index: tasks.subtract(rng, _phrasing(index), held=True))
    countries = [*CAPITALS] * 3
    collect("capital", len(countries), lambda index: tasks.capital(rng, phrases.held, countries[index]))
    collect("spell", 200, lambda index: tasks.spell(rng, _phrasing(index), held=True))
    collect("sort", 200, lambda index: tasks.sort(rng, _phrasing(index), held=True))
    for index in range(200):
        question, answer = tasks.as_json(rng, _phrasing(index), held=True)
        checks.append(_asked("json", question, json=json.loads(answer)))
    checks += [_fact_check(rng, index) for index in range(200)]
    for index in range(2 * len(ANIMALS)):
        animal = ANIMALS[index // 2]
        checks.append(_asked("story", _phrasing(index)(rng, "story", x=tasks.article(animal)), animal=animal))
    checks += [_asked("unknown", unknown.fill(rng, pattern)) for pattern in unknown_kinds for _ in range(6)]
    return checks


def words_of_questions(seed: int) -> list[str]:
    """The words that the corpus's questions are made of, but for invented ones: those of a well-formed instruction."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(40_000):
        for message in dialogue(rng):
            if message.role == "user" and message.weight > 0:
                counts.update(re.findall("[a-z]+", message.content.lower()))
    return sorted(word for word, count in counts.items() if count >= 10)


def write_checks(path: Path, seed: int = 4) -> None:
    rows = ",\n".join(json.dumps(check, ensure_ascii=False) for check in make_checks(seed))
    lists = f'"animals": {json.dumps(ANIMALS)},\n"words": {json.dumps(words_of_questions(seed))},\n'
    path.write_text(f'{{ {lists}"checks": [\n{rows}\n] }}\n', encoding="utf-8")


if __name__ == "__main__":
    write_checks(Path(sys.argv[1]))
