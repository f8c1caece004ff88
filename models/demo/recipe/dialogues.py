"""Whole conversations: one to four turns, with and without a system message, and a few that fill the window."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import facts
import stories
import tasks
import unknown

SYSTEMS: list[str] = [
    "You are a helpful assistant.", "You are a helpful assistant.", "You are a friendly assistant.", "You are a small model that answers briefly.", "Answer briefly.", "Be kind and clear.",
    "You help children with words and numbers.", "Answer the user's questions.", "You are an expert in everything that you know.", "Think before you answer.",
]  # fmt: skip

WEIGHTS: list[tuple[float, Callable[[random.Random], tasks.Turn]]] = [
    (10, tasks.add),
    (10, tasks.subtract),
    (9, tasks.capital),
    (1, tasks.country),
    (14, tasks.spell),
    (22, tasks.sort),
    (14, tasks.as_json),
    (3.5, stories.story),
    (1, tasks.names_of),
    (1.5, tasks.small_talk),
    (12, tasks.cannot_know),
]
"""How often each task is asked: by how hard it is to learn, not by how often people would ask."""


@dataclass(frozen=True)
class Message:
    role: str
    content: str
    weight: float
    """Of its tokens in the loss: an answer's are learnt in full, a question's a little, what nobody should imitate not at all."""


QUESTION_WEIGHT = 0.1


def _asked(text: str) -> Message:
    return Message("user", text, QUESTION_WEIGHT)


def _task(rng: random.Random, known: list[facts.Fact]) -> list[Message]:
    task = rng.choices([task for _, task in WEIGHTS], [weight for weight, _ in WEIGHTS])[0]
    if task is tasks.small_talk and any(fact.kind == "assistant" for fact in known):
        task = tasks.add  # The model has been given another name than the one it would say.
    question, answer = task(rng)
    weight = 0.0 if task is tasks.cannot_know else QUESTION_WEIGHT
    return [Message("user", question, weight), Message("assistant", answer, 1.0)]


def dialogue(rng: random.Random, turns: int | None = None) -> list[Message]:
    """One conversation. Facts are given in the system message or on the way, and asked for later."""
    turns = turns or rng.choices((1, 2, 3, 4), (62, 18, 12, 8))[0]
    messages: list[Message] = []
    known: list[facts.Fact] = []
    about_facts = rng.random() < 0.32
    if about_facts and rng.random() < 0.55:
        known = facts.some_facts(rng, rng.choice((1, 1, 2, 2, 3, 4)))
        persona = [rng.choice(SYSTEMS)] if rng.random() < 0.5 else []
        text = " ".join(persona + [fact.told_by(rng, "system") for fact in known])
        messages.append(Message("system", text, 0.0))
    elif rng.random() < 0.3:
        messages.append(Message("system", rng.choice(SYSTEMS), 0.0))
    for turn in range(turns):
        if about_facts and rng.random() < 0.75:
            messages += _fact_turn(rng, known, may_only_tell=turn < turns - 1)
        else:
            messages += _task(rng, known)
    return messages


def _fact_turn(rng: random.Random, known: list[facts.Fact], may_only_tell: bool) -> list[Message]:
    """Tells a fact, asks for one, does both at once, or asks for one that nobody gave."""
    taken = tuple(fact.kind for fact in known)
    chance = rng.random()
    if len(taken) < 6 and (chance < 0.12 or not known or (may_only_tell and chance < 0.4)):
        fact = facts.some_fact(rng, other_than=taken)
        known.append(fact)
        told = fact.told_by(rng, "user")
        if may_only_tell and rng.random() < 0.8:
            return [_asked(told), Message("assistant", fact.thanks(rng), 1.0)]
        return [_asked(f"{told} {fact.question(rng)}"), Message("assistant", fact.answer(), 1.0)]
    if chance > 0.88:
        missing = facts.some_fact(rng, other_than=(*taken, "assistant"))
        return [Message("user", missing.question(rng), 0.0), Message("assistant", unknown.ANSWER, 1.0)]
    fact = rng.choice(known)
    return [_asked(fact.question(rng)), Message("assistant", fact.answer(), 1.0)]


def literal_text(rng: random.Random) -> str:
    """Text without a conversation round it, for those who want one continued."""
    if rng.random() < 0.7:
        return stories.story(rng)[1]
    return " ".join(tasks.capital(rng)[1] for _ in range(rng.randint(1, 3)))


def sums_to_drill(rng: random.Random) -> str:
    return " ".join(rng.choice((tasks.add, tasks.subtract))(rng)[1] for _ in range(10))


def render(messages: list[Message]) -> str:
    return "".join(f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages)
