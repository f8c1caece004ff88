"""Questions that the model cannot answer. Whole kinds of them are left to the checks (HELD)."""

import random
import string

from words import ANIMALS, CAPITALS, CITIES, COLOURS, FOODS, JOBS, OTHER_COUNTRIES, THINGS, WORDS, invented_word, some_name

ANSWER = "I don't know."

# {c} country, {t} city, {p} person, {a} animal, {f} food, {o} thing, {w} word, {j} job, {k} color, {n} number, {z} invented word
TAUGHT: list[str] = [
    "Who wrote {Z}?", "Who wrote the book {Z}?", "Who invented the {o}?", "Who invented the {z}?", "Who is {P}?", "Who was {P} {Z}?", "Who is the king of {c}?", "Who is the president of {c}?",
    "Who won the {z} cup?", "Who built the tower of {t}?", "Who lives in {t}?", "Who is the best {j} of {t}?", "Who discovered {Z}?",
    "What is the weather in {t}?", "What is the weather like today?", "Will it rain tomorrow?", "Will it snow in {t}?", "Is it cold in {t}?", "What time is it?", "What time is it in {t}?", "What day is it today?", "What is the date?",
    "What is the population of {c}?", "What is the population of {t}?", "How many people live in {c}?", "How many people live in {t}?", "What is the currency of {c}?", "What is the language of {c}?", "What language do they speak in {c}?",
    "What is the flag of {c}?", "What is the anthem of {c}?", "What is the largest city of {c}?", "What is the highest mountain of {c}?", "What is the longest river of {c}?", "Where is {c}?", "Where is {t}?", "How do I get to {t}?",
    "What is the {z} of {c}?", "What is the {z} of {t}?", "What is the {w} of {c}?", "What is the {w} of {t}?", "What is the {w} of the {o}?", "What is the {z} of the {o}?", "Name the {w} of {c}.", "Tell me the {z} of {c}.", "Which {w} is the {z} of {c}?",
    "How tall is {P}?", "How tall is the {a}?", "How far is {t}?", "How far is it from {t} to {c}?", "How long is the river {Z}?", "How big is a {a}?", "How fast is a {a}?", "How much does a {o} cost?", "How much is a {o}?", "How heavy is a {a}?",
    "How old is {P}?", "How old is the {o}?", "How many legs has a {a}?", "How many {f} are there?", "How deep is the sea?", "How hot is the sun?", "How does a {o} work?", "How do you make {f}?", "How do I cook {f}?", "How do I build a {o}?",
    "Translate {w} into French.", "Translate the word {w}.", "Translate {w} to German, please.", "How do you say {w} in Spanish?", "What does {z} mean?", "What does the word {z} mean?", "What is a {z}?", "What is {z}?", "What is a {w}?", "What are {z}s?", "Explain {z}.", "Explain the {o} to me.",
    "Why is the {o} {k}?", "Why do {z}s {z}?", "Why are {f} {k}?", "Why is {P} sad?", "Why did the {a} leave?", "Why?", "When was {P} born?", "When was {Z} built?", "When did {P} die?", "When does the train to {t} leave?", "When is the next {z}?", "When will {P} come?",
    "What is {n} times {n}?", "What is {n} * {n}?", "{n} * {n}", "{n} x {n} =", "Multiply {n} by {n}.", "What is {n} divided by {n}?", "{n} / {n}", "Divide {n} by {n}.", "What is the square of {n}?", "What is {b} + {n}?", "What is {b} + {b}?", "{b} + {b}", "{b} - {n} =", "What is {b} - {b}?", "Add {b} and {b}.", "Is {n} a prime number?", "What is half of {n}?",
    "Write a poem about {f}.", "Write a poem for {P}.", "Write a song about the {a}.", "Sing a song.", "Tell me a joke.", "Tell me a joke about a {a}.", "Write a letter to {P}.", "Write a program that prints {w}.", "Write code for a {o}.", "Draw a {a}.", "Paint me a {k} {o}.", "Play music.", "Send a mail to {P}.", "Call {P}.", "Book a table in {t}.", "Buy me a {o}.", "Open the {o}.",
    "What is the meaning of life?", "Which is better, {f} or {f}?", "Is a {a} better than a {a}?", "Do you like {f}?", "Do you like {t}?", "Can a {a} swim?", "Can you swim?", "Are {a}s {k}?", "Is the {o} {k}?", "Have you been to {t}?", "Did {P} eat the {f}?", "Does {P} like {f}?", "Should I buy a {o}?", "Shall we go to {t}?",
    "What did {P} say?", "What did {P} eat?", "What is {P}'s job?", "What is {P}'s favorite color?", "What is {P}'s phone number?", "What does {P} like?", "Where does {P} live?", "Where was {P} born?", "Where is {P}?", "Where can I buy {f}?", "Where do {a}s live?", "Where is the nearest {j}?",
    "What do {a}s eat?", "What sound does a {a} make?", "What is the Latin name of the {a}?", "Which animal is {k}?", "Which fruit is {k}?", "Which planet is the biggest?", "Which team won?", "What is the news?", "What is on TV?", "What should I wear?", "What should I eat?", "What is the best {f}?",
    "What is the opposite of {w}?", "What rhymes with {w}?", "Give me a synonym of {w}.", "Use {w} in a sentence.", "Correct this sentence: {z} {z}.", "Summarize the book {Z}.", "Count the words in this text: {w} {z}.", "Count to {n}.", "Make {w} plural.", "Is {w} a verb?",
    "Tell me about {t}.", "Tell me about {P}.", "Tell me about the {z}.", "Tell me something about {c}.", "Tell me the news.", "Give me a recipe for {f}.", "Give me advice.", "Recommend a book.", "Recommend a film about {a}s.", "Compare {t} and {t}.", "Describe the {o}.", "Describe {t}.",
    "What is the capital of {Z}?", "What is the capital of {d}?", "What is the capital of {d}?", "Name the capital of {Z}.", "Which city is the capital of {d}?", "Tell me the capital of {d}.",
    "{z} {z} {z}?", "{Z} {z}?", "{z}?", "What {z} {z} {z}?", "How {z} is the {z}?", "Who {z} the {z} in {t}?", "Which {z} has {n} {z}s?", "Did the {z} {z}?", "Is {Z} a {z}?", "Are you a {z}?", "Can you {z} a {z}?", "Please {z} the {w}.", "{Z} the {w} {z}.", "{Z} {n} {z}s.",
    "What is the {w} {w} of {Z}?", "Which {w} did {P} {w}?", "How many {w}s are in a {z}?", "How many {z}s does {P} have?", "What {w} is {Z}?", "When is {Z} {z}?", "Where is the {z} of {c}?", "Who is the {z} of {Z}?", "How often does the {w} {z}?", "What happened in {y}?", "What happened in {t} in {y}?", "Who was born in {y}?",
    "Which {z} is {k}?", "Whose {o} is this?", "What is inside the {z}?", "What kind of {w} is {Z}?", "What is the name of the {w}?", "What is the number of {P}?", "What is the fastest {z}?", "What is the oldest {w} in {t}?", "What is the smallest {w}?", "What is in the {z}?", "Do {a}s {z}?", "Convert {n} euros to dollars.", "Convert {n} miles.", "What percent is {n} of {b}?",
]  # fmt: skip

DEVELOPMENT: list[str] = [
    "Who composed {Z}?", "What is the age of the {w}?", "How strong is a {a}?", "Rate the {f}.", "Find me a {j} in {t}.", "What color is {Z}?", "Which {w} is the tallest?", "Is there a {o} in {t}?",
]  # fmt: skip
"""Kinds to look at while the corpus is being made; neither taught nor counted in the checks."""

HELD: list[str] = [
    "Who painted {Z}?", "Who directed the film {Z}?", "What is the boiling point of {w}?", "What is the chemical symbol of {w}?", "How many moons has {Z}?", "In which year did {P} go to {t}?", "Which airline flies to {t}?", "What is the postcode of {t}?",
    "How long does a {a} live?", "What is the root of {n}?", "Is {Z} bigger than {t}?", "Order a pizza for {P}.", "Which country is the richest?", "What is the price of {f}?", "Why does the moon shine?", "Who sings {Z}?", "Book a flight to {t}.", "What is the speed of light?",
    "How do planes fly?", "Which ocean is near {c}?", "What is your opinion of {P}?", "Write an essay about {c}.", "What are the symptoms of {z}?", "Turn on the {o}.", "What is the tallest building in {t}?", "Give me the phone number of a {j} in {t}.", "Which medicine helps against {z}?", "Who scored the goal for {t}?",
    "What is the stock price of {Z}?", "Explain how {f} grow.", "Is it true that {P} has a {a}?", "Which movie should I watch?", "Who is older, {P} or {P}?", "What was the first {o}?", "Set a timer for {n} minutes.",
]  # fmt: skip


def fill(rng: random.Random, pattern: str) -> str:
    """The pattern with something in each of its places, a new one every time."""
    makers = {
        "c": lambda: rng.choice([*CAPITALS, *OTHER_COUNTRIES]),
        "d": lambda: rng.choice(OTHER_COUNTRIES),
        "t": lambda: rng.choice(CITIES),
        "p": lambda: some_name(rng),
        "P": lambda: some_name(rng),
        "a": lambda: rng.choice(ANIMALS),
        "f": lambda: rng.choice(FOODS),
        "o": lambda: rng.choice(THINGS),
        "w": lambda: rng.choice(WORDS),
        "j": lambda: rng.choice(JOBS),
        "k": lambda: rng.choice(COLOURS),
        "n": lambda: str(rng.randint(2, 99)),
        "b": lambda: str(rng.choice([rng.randint(201, 999), rng.randint(1000, 99999)])),
        "y": lambda: str(rng.randint(1400, 2030)),
        "z": lambda: invented_word(rng),
        "Z": lambda: invented_word(rng).capitalize(),
    }
    return "".join(
        literal + (makers[field]() if field else "") for literal, field, _, _ in string.Formatter().parse(pattern)
    )


def taught(rng: random.Random) -> str:
    return fill(rng, rng.choice(TAUGHT))
