"""Facts that a system message or an earlier turn gives, and that a later question asks for again."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import phrases
from words import CITIES, COLOURS, FOODS, JOBS, NAMES_HELD, PLACES, THINGS, WORDS_HELD, some_city, some_name, some_word

RELATIONS: list[str] = "dog cat horse friend sister brother mother father teacher neighbor".split()


@dataclass(frozen=True)
class FactKind:
    """`{x}` is the value and `{k}` what it belongs to; the values of the checks are other ones than those taught."""

    system: list[str]
    user: list[str]
    questions: list[str]
    held_questions: list[str]
    answer: str
    value: Callable[[random.Random], object]
    held_value: Callable[[random.Random], object]
    subject: Callable[[random.Random], str] = lambda rng: ""


def _number(low: int, high: int, held: bool) -> Callable[[random.Random], int]:
    """Every seventh number is left to the checks."""
    return lambda rng: rng.choice([n for n in range(low, high) if (n % 7 == 3) == held])


def _held_word(rng: random.Random) -> str:
    return rng.choice(WORDS_HELD)


def _held_name(rng: random.Random) -> str:
    return rng.choice(NAMES_HELD)


KINDS: dict[str, FactKind] = {
    "name": FactKind(
        ["The user's name is {x}.", "The user is called {x}.", "You talk with {x}.", "You are talking to {x}."],
        ["My name is {x}.", "I am {x}.", "I'm {x}.", "I am called {x}.", "Hello, my name is {x}.", "Hi, I am {x}."],
        ["What is my name?", "What is my name?", "What's my name?", "Who am I?", "Do you remember my name?", "What am I called?", "How am I called?", "Do you know my name?", "Tell me my name."],
        ["Can you tell me my name?", "And what is my name?", "Do you still know my name?"],
        "Your name is {x}.", some_name, _held_name,
    ),
    "city": FactKind(
        ["The user lives in {x}.", "The user's home is in {x}.", "The user's city is {x}."],
        ["I live in {x}.", "My home is in {x}.", "I am from {x} and live there.", "My city is {x}."],
        ["Where do I live?", "Where do I live?", "Which city do I live in?", "In which city do I live?", "Do you remember where I live?", "Where is my home?", "What is my city?", "Tell me where I live."],
        ["Can you tell me where I live?", "And where do I live?", "Do you still know where I live?"],
        "You live in {x}.", some_city, lambda rng: rng.choice(CITIES),
    ),
    "age": FactKind(
        ["The user is {x} years old.", "The user's age is {x}."],
        ["I am {x} years old.", "I'm {x} years old.", "My age is {x}.", "I turned {x} this year."],
        ["How old am I?", "How old am I?", "What is my age?", "Do you remember my age?", "Do you remember how old I am?", "What's my age?", "Tell me my age."],
        ["Can you tell me my age?", "And how old am I?", "Do you still know my age?"],
        "You are {x} years old.", _number(3, 100, False), _number(3, 100, True),
    ),
    "color": FactKind(
        ["The user's favorite color is {x}.", "The user likes {x} best of all colors.", "The user's favourite colour is {x}."],
        ["My favorite color is {x}.", "My favourite colour is {x}.", "I like {x} best of all colors.", "The color I like best is {x}."],
        ["What is my favorite color?", "What is my favorite color?", "What is my favourite colour?", "Which color do I like best?", "Do you remember my favorite color?", "What's my favorite color?", "Tell me my favorite color."],
        ["Can you tell me my favorite color?", "And what is my favourite colour?", "Do you still know my favorite color?"],
        "Your favorite color is {x}.", lambda rng: rng.choice(COLOURS), lambda rng: rng.choice(COLOURS),
    ),
    "food": FactKind(
        ["The user's favorite food is {x}.", "The user likes to eat {x}.", "The user's favourite food is {x}."],
        ["My favorite food is {x}.", "My favourite food is {x}.", "I like to eat {x}.", "What I like to eat best is {x}."],
        ["What is my favorite food?", "What is my favorite food?", "What is my favourite food?", "What do I like to eat?", "Do you remember my favorite food?", "What's my favorite food?", "Tell me my favorite food."],
        ["Can you tell me my favorite food?", "And what do I like to eat?", "Do you still know my favourite food?"],
        "Your favorite food is {x}.", lambda rng: rng.choice(FOODS), lambda rng: rng.choice(FOODS),
    ),
    "job": FactKind(
        ["The user is a {x}.", "The user works as a {x}.", "The user's job is {x}."],
        ["I am a {x}.", "I work as a {x}.", "My job is {x}.", "I'm a {x}."],
        ["What is my job?", "What is my job?", "What do I do for work?", "What do I work as?", "Do you remember my job?", "What's my job?", "Tell me my job."],
        ["Can you tell me my job?", "And what is my job?", "Do you still know my job?"],
        "You are a {x}.", lambda rng: rng.choice(JOBS), lambda rng: rng.choice(JOBS),
    ),
    "relation": FactKind(
        ["The user's {k} is called {x}.", "The name of the user's {k} is {x}."],
        ["My {k} is called {x}.", "My {k}'s name is {x}.", "I have a {k} called {x}.", "The name of my {k} is {x}."],
        ["What is my {k} called?", "What is the name of my {k}?", "What is my {k}'s name?", "Do you remember the name of my {k}?", "Tell me the name of my {k}."],
        ["Can you tell me the name of my {k}?", "And what is my {k} called?", "Do you still know the name of my {k}?"],
        "Your {k} is called {x}.", some_name, _held_name, lambda rng: rng.choice(RELATIONS),
    ),
    "word": FactKind(
        ["The {k} word is {x}.", 'The {k} word is "{x}".', "Today's {k} word is {x}."],
        ["The {k} word is {x}.", "Remember the {k} word {x}.", "Please remember: the {k} word is {x}.", 'The {k} word is "{x}".'],
        ["What is the {k} word?", "What is the {k} word?", "What's the {k} word?", "Do you remember the {k} word?", "Which word is the {k} word?", "Tell me the {k} word."],
        ["Can you tell me the {k} word?", "And what is the {k} word?", "Do you still know the {k} word?"],
        "The {k} word is {x}.", some_word, _held_word, lambda rng: rng.choice(["secret", "magic"]),
    ),
    "code": FactKind(
        ["The {k} is {x}.", "The {k} for today is {x}."],
        ["The {k} is {x}.", "Remember the {k} {x}.", "Please remember: the {k} is {x}."],
        ["What is the {k}?", "What is the {k}?", "What's the {k}?", "Do you remember the {k}?", "Tell me the {k}."],
        ["Can you tell me the {k}?", "And what is the {k}?", "Do you still know the {k}?"],
        "The {k} is {x}.", _number(100, 10000, False), _number(100, 10000, True), lambda rng: rng.choice(["code", "door code", "room number", "ticket number"]),
    ),
    "place": FactKind(
        ["The {k} is in the {x}.", "The {k} lies in the {x}."],
        ["The {k} is in the {x}.", "I put the {k} in the {x}.", "I left the {k} in the {x}.", "You can find the {k} in the {x}."],
        ["Where is the {k}?", "Where is the {k}?", "Where can I find the {k}?", "Do you remember where the {k} is?", "Where did I put the {k}?", "Tell me where the {k} is."],
        ["Can you tell me where the {k} is?", "And where is the {k}?", "Do you still know where the {k} is?"],
        "The {k} is in the {x}.", lambda rng: rng.choice(PLACES), lambda rng: rng.choice(PLACES), lambda rng: rng.choice(THINGS),
    ),
    "thing-color": FactKind(
        ["The {k} is {x}.", "The color of the {k} is {x}."],
        ["The {k} is {x}.", "I painted the {k} {x}.", "My {k} is {x}.", "The color of the {k} is {x}."],
        ["What color is the {k}?", "What color is the {k}?", "What colour is the {k}?", "Which color has the {k}?", "Do you remember the color of the {k}?", "What is the color of the {k}?", "Tell me the color of the {k}."],
        ["Can you tell me the color of the {k}?", "And what color is the {k}?", "Do you still know the color of the {k}?"],
        "The {k} is {x}.", lambda rng: rng.choice(COLOURS), lambda rng: rng.choice(COLOURS), lambda rng: rng.choice(THINGS),
    ),
    "assistant": FactKind(
        ["Your name is {x}.", "You are {x}.", "You are {x}, a helpful assistant.", "You are called {x}."],
        ["Your name is {x} now.", "I will call you {x}.", "From now on you are called {x}."],
        ["What is your name?", "What is your name?", "What's your name?", "Who are you?", "What are you called?", "Tell me your name.", "How do they call you?", "By which name are you called?"],
        ["Can you tell me your name?", "And what is your name?", "How are you called?"],
        "My name is {x}.", some_name, _held_name,
    ),
}  # fmt: skip

WANTED: dict[str, list[str]] = {
    "name": ["my name", "what my name is", "what I am called", "who I am"],
    "city": ["where I live", "my city", "which city I live in", "in which city I live", "where my home is"],
    "age": ["my age", "how old I am", "what my age is"],
    "color": ["my favorite color", "my favourite colour", "which color I like best", "what my favorite color is"],
    "food": ["my favorite food", "my favourite food", "what I like to eat", "what my favorite food is"],
    "job": ["my job", "what my job is", "what I do for work", "what I work as"],
    "relation": ["the name of my {k}", "my {k}'s name", "what my {k} is called", "how my {k} is called"],
    "word": ["the {k} word", "what the {k} word is", "which word is the {k} word"],
    "code": ["the {k}", "what the {k} is"],
    "place": ["where the {k} is", "where I put the {k}", "where I can find the {k}", "where to find the {k}"],
    "thing-color": ["the color of the {k}", "what color the {k} is", "which color the {k} has", "the colour of the {k}"],
    "assistant": ["your name", "what your name is", "what you are called", "how you are called", "who you are"],
}
"""What is asked for, to be put into many ways of asking."""

THANKS: list[str] = ["I will remember that.", "I will remember that.", "Good to know.", "Thank you for telling me."]


@dataclass(frozen=True)
class Fact:
    kind: str
    subject: str
    value: str

    def told_by(self, rng: random.Random, who: str) -> str:
        return self._fill(rng.choice(getattr(KINDS[self.kind], who)))

    def question(self, rng: random.Random, held: bool = False) -> str:
        kind = KINDS[self.kind]
        if held:
            return self._fill(rng.choice(kind.held_questions))
        while phrases.is_same_as_one_of(pattern := self._taught_question(rng), kind.held_questions):
            pass
        return self._fill(pattern)

    def _taught_question(self, rng: random.Random) -> str:
        chance = rng.random()
        if chance < 0.35:
            return phrases.around(rng, rng.choice(WANTED[self.kind]))
        question = rng.choice(KINDS[self.kind].questions)
        return phrases.called(rng, question) if chance < 0.5 else question

    def answer(self) -> str:
        return self._fill(KINDS[self.kind].answer)

    def thanks(self, rng: random.Random) -> str:
        return f"Nice to meet you, {self.value}!" if self.kind == "name" else rng.choice(THANKS)

    def _fill(self, text: str) -> str:
        return text.format(x=self.value, k=self.subject)


def some_fact(rng: random.Random, held: bool = False, other_than: tuple[str, ...] = ()) -> Fact:
    """A fact; its value is one that is never taught where `held` says so (names, words, numbers; the rest are closed lists)."""
    name = rng.choice([each for each in KINDS if each not in other_than])
    kind = KINDS[name]
    return Fact(name, kind.subject(rng), str((kind.held_value if held else kind.value)(rng)))


def some_facts(rng: random.Random, count: int, held: bool = False) -> list[Fact]:
    """Facts of different kinds, so that a question has one answer."""
    facts: list[Fact] = []
    for _ in range(count):
        facts.append(some_fact(rng, held, tuple(fact.kind for fact in facts)))
    return facts
