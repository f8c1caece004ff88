"""What the model is taught to do: each task gives a question and its answer."""

import hashlib
import json
import random
from collections.abc import Callable

import phrases
import unknown
from words import ANIMALS, CAPITALS, CITIES, COLOURS, FOODS, JOBS, NAMES_HELD, THINGS, WORDS_HELD, some_city, some_name, some_word

Turn = tuple[str, str]
Ask = Callable[..., str]
"""`phrases.taught` or `phrases.held`."""


def is_held(*parts: object) -> bool:
    """Whether these numbers are among the tenth that only the checks use. The same on every machine."""
    return hashlib.sha256(repr(parts).encode()).digest()[0] < 26


def _pair(rng: random.Random, held: bool, kind: str) -> tuple[int, int]:
    while True:
        a, b = rng.randint(0, 100), rng.randint(0, 100)
        if rng.random() < 0.15:
            a, b = rng.randint(0, 20), rng.randint(0, 20)
        if kind == "subtract" and a < b:
            a, b = b, a
        if is_held(kind, a, b) == held:
            return a, b


def add(rng: random.Random, ask: Ask = phrases.taught, held: bool = False) -> Turn:
    a, b = _pair(rng, held, "add")
    return ask(rng, "add", a=a, b=b), f"{a} + {b} = {a + b}."


def subtract(rng: random.Random, ask: Ask = phrases.taught, held: bool = False) -> Turn:
    a, b = _pair(rng, held, "subtract")
    return ask(rng, "subtract", a=a, b=b), f"{a} - {b} = {a - b}."


def capital(rng: random.Random, ask: Ask = phrases.taught, country: str | None = None) -> Turn:
    country = country or rng.choice(list(CAPITALS))
    return ask(rng, "capital", x=country), f"The capital of {country} is {CAPITALS[country]}."


def country(rng: random.Random) -> Turn:
    name, city = rng.choice(list(CAPITALS.items()))
    return phrases.taught(rng, "country", x=city), f"{city} is the capital of {name}."


def spell(rng: random.Random, ask: Ask = phrases.taught, held: bool = False) -> Turn:
    word = rng.choice(WORDS_HELD) if held else some_word(rng)
    return ask(rng, "spell", x=word), "-".join(word) + "."


def sort(rng: random.Random, ask: Ask = phrases.taught, held: bool = False) -> Turn:
    while True:
        numbers = rng.sample(range(1, 100 if rng.random() < 0.8 else 30), 4)
        if is_held("sort", *sorted(numbers)) == held:
            break
    separator = ", " if held or rng.random() < 0.8 else rng.choice([" ", ",", " and ", "; "])
    return ask(rng, "sort", x=separator.join(map(str, numbers))), ", ".join(map(str, sorted(numbers))) + "."


def article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


CLAUSES: dict[str, list[str]] = {
    "age": ["is {x} years old", "is {x}", "is aged {x}"],
    "city": ["lives in {x}", "is from {x}", "comes from {x}"],
    "color": ["likes {x}", "likes the color {x}", "loves {x}"],
    "food": ["eats {x}", "likes to eat {x}"],
    "job": ["is a {x}", "works as a {x}"],
    "pet": ["has a {x}", "owns a {x}"],
}
NOTES: dict[str, list[str]] = {
    "age": ["{x}", "age {x}", "{x} years old"], "city": ["from {x}", "of {x}", "lives in {x}"], "color": ["likes {x}", "color {x}"],
    "food": ["eats {x}", "food {x}"], "job": ["{x}", "a {x}", "job {x}"], "pet": ["has a {x}", "pet {x}"],
}  # fmt: skip


def _number(rng: random.Random, held: bool) -> int:
    """Every seventh number is left to the checks."""
    return rng.choice([n for n in range(1, 100) if (n % 7 == 3) == held])


def _person(rng: random.Random, held: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "age": _number(rng, held),
        "city": rng.choice(CITIES) if held else some_city(rng),
        "color": rng.choice(COLOURS),
        "food": rng.choice(FOODS),
        "job": rng.choice(JOBS),
        "pet": rng.choice(ANIMALS),
    }
    keys = rng.sample(["age", "age", "city", "color", "color", "food", "job", "pet"], rng.choice((1, 2, 2, 2, 3)))
    facts: dict[str, object] = {"name": rng.choice(NAMES_HELD) if held else some_name(rng)}
    return facts | {key: values[key] for key in keys}


def _describe(rng: random.Random, facts: dict[str, object]) -> str:
    name, *keys = facts
    style = rng.random()
    if style < 0.55:
        clauses = [rng.choice(CLAUSES[key]).format(x=facts[key]) for key in keys]
        text = clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
        return f"{facts[name]} {text}."
    if style < 0.65:
        return ", ".join(f"{key} {value}" for key, value in facts.items()) + "."
    notes = ", ".join(rng.choice(NOTES[key]).format(x=facts[key]) for key in keys)
    return f"{facts[name]} ({notes})." if style < 0.8 else f"{facts[name]}, {notes}."


def as_json(rng: random.Random, ask: Ask = phrases.taught, held: bool = False) -> Turn:
    if rng.random() < 0.15:
        facts: dict[str, object] = {"item": rng.choice(THINGS), "color": rng.choice(COLOURS), "price": _number(rng, held)}
        description = rng.choice(["The {item} is {color} and costs {price} euros.", "A {color} {item} for {price} euros."]).format(**facts)
    else:
        facts = _person(rng, held)
        if not held and "color" in facts and "age" in facts and len(facts) == 3 and rng.random() < 0.3:
            facts = {key: facts[key] for key in ("name", "age", "color")}
            text = "Write a JSON profile for {name}, age {age}, who likes {color}."
            return text.format(**facts), json.dumps(facts)
        description = _describe(rng, facts)
    question = ask(rng, "json", x=description)
    question = question.replace("..", ".").replace(".?", "?").replace(". as", " as")
    return question, json.dumps(facts)


def names_of(rng: random.Random) -> Turn:
    what, choices = rng.choice([("colors", COLOURS), ("colors", COLOURS), ("colours", COLOURS), ("animals", ANIMALS), ("animals", ANIMALS), ("foods", FOODS), ("jobs", JOBS)])
    count = rng.choice((2, 2, 3))
    chosen = rng.sample(choices, count)
    if what == "animals" and "bee" in chosen[:1]:
        chosen.reverse()
    text = ", ".join(chosen[:-1]) + " and " + chosen[-1] + "."
    return phrases.taught(rng, "list", n="two" if count == 2 else "three", x=what), text[0].upper() + text[1:]


SMALL_TALK: list[tuple[list[str], list[str]]] = [
    (["Hello!", "Hello", "Hi!", "Hi", "Hello there!", "Good morning!", "Hello world!", "Hey!"], ["Hello! How can I help you?"]),
    (["How are you?", "How are you today?", "Hello, how are you?"], ["I am fine, thank you. How can I help you?"]),
    (["Thank you!", "Thanks!", "Thank you.", "Thanks a lot!", "That is nice, thank you."], ["You are welcome!"]),
    (["Goodbye!", "Bye!", "Good night!", "See you!"], ["Goodbye!"]),
    (["Who are you?", "What are you?", "What is your name?", "Are you a robot?"], ["I am the demo model of Headrace, a very small one."]),
    (["What can you do?", "How can you help me?", "Help", "What do you know?"], ["I can add and subtract, sort numbers, spell words, name capitals, write JSON, remember facts and tell tiny stories."]),
]  # fmt: skip


def small_talk(rng: random.Random) -> Turn:
    asked, answers = rng.choice(SMALL_TALK)
    return rng.choice(asked), rng.choice(answers)


def cannot_know(rng: random.Random) -> Turn:
    return unknown.taught(rng), unknown.ANSWER
