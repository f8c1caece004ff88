"""Tiny stories: three to five sentences about one animal, always in the same order, so that a tiny model can hold the thread."""

import random

import phrases
from tasks import Ask, Turn, article
from words import ANIMALS

NAMES = "Mia Ben Anna Tom Lena Finn Sara Max Nora Leo Ida Paul".split()
LOOKS = "small red brown white old young grey brave shy clever happy quiet golden hungry sleepy curious".split()
HOMES = ["near the sea", "in a quiet forest", "by a river", "behind an old mill", "in a green valley", "on a hill", "under a big tree", "at the edge of a village"]  # fmt: skip
WISHES = ["to see the moon", "to have a friend", "to learn to dance", "to find a warm place", "to cross the river", "to sing a song"]
FINDS = ["a golden key", "a small lamp", "a red kite", "an old map", "a bright star", "a lost shoe", "a little boat", "a silver bell"]
DEEDS = ["took it home", "showed it to everyone", "hid it under a stone", "gave it to a child", "carried it over the hill"]
GIFTS = ["a warm blanket", "some bread", "a blue ribbon", "a ripe pear", "a cup of milk", "a small bell"]
TROUBLES = ["it began to rain", "the wind was very strong", "it lost its way", "the river was high", "snow fell all day"]
HELPS = ["{n} came with a lamp and showed it the way", "{n} opened the door and let it in", "{n} built a little bridge", "{n} called its name until it came"]  # fmt: skip
ENDS = [
    "The {a} was happy, and they became friends.", "From that day on they met every morning.", "That night the {a} slept very well.",
    "The {a} smiled and was not afraid any more.", "And the {a} never felt alone again.",
]  # fmt: skip


def tell(rng: random.Random, animal: str) -> str:
    name = rng.choice(NAMES)
    sentences = [f"Once there was {article(rng.choice(LOOKS))} {animal}."]
    sentences.append(f"It lived {rng.choice(HOMES)}." if rng.random() < 0.75 else f"It wanted {rng.choice(WISHES)}.")
    plot = rng.randrange(3)
    if plot == 0:
        sentences.append(f"One day it found {rng.choice(FINDS)}.")
        if rng.random() < 0.6:
            sentences.append(f"It {rng.choice(DEEDS)}.")
        ends = [ENDS[2], ENDS[3]]
    elif plot == 1:
        sentences.append(f"One day {name} gave it {rng.choice(GIFTS)}.")
        ends = [ENDS[0], ENDS[1], ENDS[4]]
    else:
        sentences.append(f"One day {rng.choice(TROUBLES)}.")
        sentences.append(f"Then {rng.choice(HELPS).format(n=name)}.")
        ends = ENDS
    if len(sentences) < 5:
        sentences.append(rng.choice(ends).format(a=animal))
    return " ".join(sentences)


def story(rng: random.Random, ask: Ask = phrases.taught) -> Turn:
    animal = rng.choice(ANIMALS)
    return ask(rng, "story", x=article(animal)), tell(rng, animal)
