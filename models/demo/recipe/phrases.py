"""How things are asked. Each kind has phrasings that are taught and phrasings that only the checks use."""

import random

OPENINGS: list[str] = ["Please {}", "Can you {}?", "Could you {}?", "Could you please {}?", "I want you to {}.", "Now {}.", "Please {}, thank you."]  # fmt: skip
"""Ways round an order: "add 3 and 4" becomes "Could you add 3 and 4?"."""

CALLS: list[str] = ["And {}", "So {}", "Now {}", "Then {}", "Please, {}", "Tell me, {}", "Say, {}", "Do you know, {}", "Hello, {}", "One question: {}"]
"""Ways into a question: "What is my name?" becomes "So what is my name?"."""

LEADS: list[str] = [
    "Tell me {}.", "Please tell me {}.", "Can you tell me {}?", "Could you tell me {}?", "Say {}.", "Please say {}.", "Can you say {}?", "Do you know {}?", "Do you still know {}?", "Do you remember {}?",
    "I want to know {}.", "I would like to know {}.", "I would like to hear {}.", "I need to know {}.", "I need {}.", "Now tell me {}.", "And {}?", "Give me {}.", "{}, please.", "{}?",
]  # fmt: skip
"""Ways round what is wanted: "what my name is" becomes "Do you still know what my name is?"."""

WANTED: dict[str, list[str]] = {
    "add": ["what {a} + {b} is", "what {a} plus {b} is", "how much {a} + {b} is", "how much {a} plus {b} is", "how much {a} and {b} make", "what {a} and {b} make", "the sum of {a} and {b}", "the result of {a} + {b}", "{a} plus {b}", "{a} + {b}"],
    "subtract": ["what {a} - {b} is", "what {a} minus {b} is", "how much {a} - {b} is", "how much {a} minus {b} is", "what {a} minus {b} makes", "the difference of {a} and {b}", "the result of {a} - {b}", "{a} minus {b}", "{a} - {b}"],
    "capital": ["what the capital of {x} is", "which city is the capital of {x}", "which city the capital of {x} is", "what is the capital of {x}", "the capital of {x}", "the capital city of {x}", "{x}'s capital", "{x}'s capital city", "what {x}'s capital is", "what {x}'s capital is called", "the name of {x}'s capital", "the name of the capital of {x}"],
    "country": ["which country has the capital {x}", "which country {x} is the capital of", "the country with the capital {x}"],
    "spell": ["how to spell {x}", "how to spell the word {x}", "how {x} is spelled", "how you spell {x}", "how you would spell {x}", "the letters of {x}", "the letters of the word {x}", "the letters in {x}", "the spelling of {x}", "the spelling of the word {x}"],
    "sort": ["these numbers in order: {x}", "the numbers {x} in order", "{x} in order", "{x} in the right order", "the right order of {x}", "the order of {x}", "the following numbers in order: {x}"],
    "json": ["the JSON for this: {x}", "the JSON of this: {x}", "this as JSON: {x}", "the following as JSON: {x}", "JSON for this: {x}", "JSON of it: {x}"],
    "story": ["a story about {x}", "a tiny story about {x}", "a short story about {x}", "a little story about {x}", "a story with {x}"],
}  # fmt: skip

TAUGHT: dict[str, list[str]] = {
    "add": [
        "What is {a} + {b}?", "What is {a} + {b}?", "{a} + {b}", "{a} + {b} =", "{a}+{b}", "{a}+{b}=?", "{a} + {b} = ?", "How much is {a} plus {b}?", "What is {a} plus {b}?",
        "How much is {a} + {b}?", "What's {a} + {b}?", "What does {a} + {b} make?", "What is the sum of {a} and {b}?", "{a} plus {b}", "!add {a} and {b}", "!add {b} to {a}",
        "!calculate {a} + {b}", "!compute {a} plus {b}", "!work out {a} + {b}", "I want to know {a} + {b}.", "I need {a} + {b}.", "Tell me {a} + {b}.", "Please say {a} plus {b}.", "What do {a} and {b} make?", "And {a} + {b}?", "What is the result of {a} + {b}?", "!give me the sum of {a} and {b}", "I have {a} apples and get {b} more. How many are they?",
        "{a} and {b} together are how much?", "If you add {a} and {b}, what is the result?", "Do you know what {a} + {b} is?",
    ],
    "subtract": [
        "What is {a} - {b}?", "What is {a} - {b}?", "{a} - {b}", "{a} - {b} =", "{a}-{b}", "{a}-{b}=?", "{a} - {b} = ?", "How much is {a} minus {b}?", "What is {a} minus {b}?",
        "How much is {a} - {b}?", "What's {a} - {b}?", "What does {a} - {b} make?", "What is the difference of {a} and {b}?", "{a} minus {b}", "!subtract {b} from {a}", "!take {b} from {a}",
        "!calculate {a} - {b}", "!compute {a} minus {b}", "!work out {a} - {b}", "I want to know {a} - {b}.", "I need {a} - {b}.", "Tell me {a} - {b}.", "Please say {a} minus {b}.", "What does {a} without {b} make?", "And {a} - {b}?", "What is the result of {a} - {b}?", "!give me the difference of {a} and {b}", "I have {a} apples and give {b} away. How many are left?",
        "How much is left of {a} without {b}?", "If you subtract {b} from {a}, what is the result?", "Do you know what {a} - {b} is?",
    ],
    "capital": [
        "What is the capital of {x}?", "What is the capital of {x}?", "What's the capital of {x}?", "Which city is the capital of {x}?", "What is the capital city of {x}?",
        "!name the capital of {x}", "!name the capital city of {x}", "!tell me the capital of {x}", "!give me the capital of {x}", "Do you know the capital of {x}?", "The capital of {x}?",
        "What city is the capital of {x}?", "I need the capital of {x}.", "I want to know the capital of {x}.", "I am looking for the capital of {x}.", "Now the capital of {x}, please.", "What is {x}'s capital?", "{x}'s capital?", "What is {x}'s capital called?", "What is the name of {x}'s capital?", "!name {x}'s capital", "!give me {x}'s capital", "I am looking for {x}'s capital.", "!say the capital of {x}", "I would like to hear the capital of {x}.", "And what is the capital of {x}?", "Which is the capital city of {x}?", "capital of {x}",
    ],
    "country": ["{x} is the capital of which country?", "Which country has the capital {x}?", "Of which country is {x} the capital?"],
    "spell": [
        "Spell the word {x}.", "Spell the word {x}.", "!spell the word {x}", "Spell {x}.", "!spell {x}", "How do you spell {x}?", "How is {x} spelled?", "How do I spell the word {x}?",
        "!write {x} letter by letter", "What are the letters of {x}?", "I want to know how to spell {x}.", "I need to spell {x}.", "How can I spell the word {x}?", "Do you know how to spell {x}?", "And how do you spell {x}?", "Tell me the letters of {x}.", "!give me the letters of the word {x}", "Which letters are in the word {x}?", 'Spell "{x}".', 'How do you spell "{x}"?', "!say the letters of {x}",
    ],
    "sort": [
        "Sort these numbers: {x}.", "Sort these numbers: {x}.", "!sort these numbers: {x}", "Sort {x}.", "!sort the numbers {x}", "Put these numbers in order: {x}.", "I need these numbers in order: {x}.", "Sort the following: {x}.", "I want to sort {x}.", "Please sort {x}.", "Which order have {x}?", "The list is {x}. Sort it.", "And now sort {x}.", "!put {x} in order",
        "!order these numbers: {x}", "Sort from small to large: {x}.", "!arrange these numbers: {x}", "What is the right order of {x}?", "Order {x} from the smallest to the largest.", "In order, please: {x}", "Sort: {x}",
    ],
    "json": [
        "Give me {x} as JSON.", "Write this as JSON: {x}", "As JSON: {x}", "I want this as JSON: {x}", "Tell me this as JSON: {x}", "{x} I need JSON of it.", "Please give me JSON for this: {x}", "{x} Please turn it into JSON.", "And this as JSON: {x}", "{x} Give me that as JSON.", "{x} Write this as JSON.", "!turn this into JSON: {x}", "Make JSON of this: {x}", "JSON, please: {x}",
        "{x} As JSON, please.", "Put this into JSON: {x}", "!write the facts as JSON: {x}", "{x} Now as JSON.",
    ],
    "story": [
        "Tell me a story about {x}.", "Tell me a story about {x}.", "!tell me a story about {x}", "Tell me a short story about {x}.", "Write a tiny story about {x}.", "!write a short story about {x}", "!tell a little story about {x}",
        "A story about {x}, please.", "I need a story about {x}.", "Please tell a story about {x}.", "Tell me something about {x} in a story.", "And now a story about {x}.", "I want to hear about {x}.", "I would like to hear a story about {x}.", "Do you know a story about {x}?", "Tell us a story with {x} in it.", "!make up a story about {x}", "Give me a tiny story about {x}.",
    ],
    "list": ["Name {n} {x}.", "List {n} {x}.", "!name {n} {x}", "!list {n} {x}", "Give me {n} {x}.", "Tell me {n} {x}.", "Do you know {n} {x}?"],
}  # fmt: skip

HELD: dict[str, list[str]] = {
    "add": ["Tell me what {a} + {b} is.", "How much do {a} and {b} make?", "What do I get when I add {a} and {b}?", "I need the sum of {a} and {b}.", "Please tell me {a} plus {b}."],
    "subtract": ["Tell me what {a} - {b} is.", "How much does {a} minus {b} make?", "What do I get when I subtract {b} from {a}?", "I need the difference of {a} and {b}.", "Please tell me {a} minus {b}."],
    "capital": ["Tell me, what is the capital of {x}?", "Which city is {x}'s capital?", "I would like to know the capital of {x}.", "And the capital of {x}?", "Please say which city is the capital of {x}."],
    "spell": ["Tell me how to spell {x}.", "I need the letters of the word {x}.", "Please spell the word {x} for me.", "How would you spell {x}?", "What is the spelling of {x}?"],
    "sort": ["Please sort the following numbers: {x}.", "Sort the list {x}.", "Bring these numbers into order: {x}.", "Give me these numbers in order: {x}.", "Write {x} in the right order."],
    "json": ["I need this as JSON: {x}", "{x} Can I have that as JSON?", "Show me the JSON for this: {x}", "Please write as JSON: {x}", "{x} Please make JSON of it."],
    "story": ["Please tell me a tiny story about {x}.", "I want a story about {x}.", "Let me hear a little story about {x}.", "Can I have a short story about {x}?", "Write me a story with {x}."],
}  # fmt: skip


def around(rng: random.Random, wanted: str) -> str:
    text = rng.choice(LEADS).format(wanted)
    return text[0].upper() + text[1:]


def called(rng: random.Random, question: str) -> str:
    """The question with a few words before it, where it begins as questions do."""
    if not question.startswith(("What", "Which", "Who", "Where", "How", "Do ", "In which")):
        return question
    return rng.choice(CALLS).format(question[0].lower() + question[1:])


def _taught_pattern(rng: random.Random, kind: str) -> str:
    chance = rng.random()
    if kind in WANTED and chance < 0.3:
        return around(rng, rng.choice(WANTED[kind]))
    pattern = rng.choice(TAUGHT[kind])
    if pattern.startswith("!"):
        order = pattern[1:]
        return f"{order[0].upper()}{order[1:]}." if rng.random() < 0.4 else rng.choice(OPENINGS).format(order)
    return called(rng, pattern) if chance > 0.85 else pattern


def taught(rng: random.Random, kind: str, **fields: object) -> str:
    """One of the taught phrasings; an order (marked "!") is put plainly or politely. Never one that the checks keep for themselves."""
    while is_same_as_one_of(pattern := _taught_pattern(rng, kind), HELD.get(kind, [])):
        pass
    return pattern.format(**fields)


def is_same_as_one_of(pattern: str, others: list[str]) -> bool:
    """But for the sign at the end."""
    return pattern.rstrip(".?") in [other.rstrip(".?") for other in others]


def held(rng: random.Random, kind: str, **fields: object) -> str:
    return rng.choice(HELD[kind]).format(**fields)
