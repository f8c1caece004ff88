"""What the demo model talks about: capitals, animals, names, things. Lists ending in HELD are for the checks alone."""

import random

CAPITALS: dict[str, str] = {
    "Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Denmark": "Copenhagen", "Iceland": "Reykjavik",
    "Germany": "Berlin", "France": "Paris", "Spain": "Madrid", "Portugal": "Lisbon", "Italy": "Rome",
    "Greece": "Athens", "Poland": "Warsaw", "Austria": "Vienna", "Switzerland": "Bern", "Belgium": "Brussels",
    "the Netherlands": "Amsterdam", "Ireland": "Dublin", "England": "London", "Scotland": "Edinburgh", "Hungary": "Budapest",
    "Ukraine": "Kyiv", "Turkey": "Ankara", "Egypt": "Cairo", "Morocco": "Rabat", "Kenya": "Nairobi",
    "Ghana": "Accra", "Canada": "Ottawa", "Mexico": "Mexico City", "Cuba": "Havana", "Peru": "Lima",
    "Chile": "Santiago", "Brazil": "Brasilia", "Argentina": "Buenos Aires", "Japan": "Tokyo", "China": "Beijing",
    "India": "New Delhi", "Nepal": "Kathmandu", "Thailand": "Bangkok", "Vietnam": "Hanoi", "Australia": "Canberra",
    "Indonesia": "Jakarta", "Croatia": "Zagreb", "Romania": "Bucharest", "Bulgaria": "Sofia", "Estonia": "Tallinn",
    "Latvia": "Riga", "Lithuania": "Vilnius", "Colombia": "Bogota",
}  # fmt: skip

OTHER_COUNTRIES: list[str] = (
    "Angola Benin Bolivia Botswana Cameroon Chad Ecuador Ethiopia Fiji Georgia Guyana Honduras Iran Iraq Israel Jamaica "
    "Jordan Kuwait Laos Lebanon Libya Malaysia Mali Malta Mongolia Namibia Oman Pakistan Panama Qatar Rwanda Senegal "
    "Serbia Slovakia Slovenia Somalia Sudan Syria Tunisia Uganda Uruguay Zambia"
).split()

ANIMALS: list[str] = (
    "fox owl horse cat dog mouse bear frog hen duck rabbit hedgehog squirrel sheep goat cow pig wolf deer lion tiger "
    "elephant monkey penguin turtle swan badger otter beaver donkey pony kitten puppy lamb mole bee snail parrot seal whale"
).split()
COLOURS: list[str] = "red blue green yellow orange purple pink brown black white grey gold silver".split()

NAMES: list[str] = (
    "Mia Ben Anna Tom Lena Finn Sara Max Nora Leo Ida Paul Emma Jonas Clara Oscar Ella Hugo Rosa Felix Alma Otto Lucy Sam "
    "Ruth Adam Julia Noah Maria Peter Alice Henry Grace Simon Olga Victor Helen Martin Irene David Laura Erik Sofie Hanna "
    "Daniel Eva Karl Lily Jack Kate Robert Jane Arthur Vera Ali Yuki Amir Priya Chen Fatima Diego Ines Kofi Zara Ivan Lara "
    "Marta Theo Ada Alan Grete Bruno Elsa Liam Nina Oliver Tara George Mona Frank Molly Rita Hans Agnes"
).split()
NAMES_HELD: list[str] = (
    "Tobias Selma Bertil Wanda Corin Malik Juno Hedda Ramon Silvia Edgar Petra Lionel Dora Magnus Tilda Norman Carla Emil "
    "Wilma Gustav Nadia Stefan Lotte Philip Berta"
).split()

CITIES: list[str] = sorted({city for city in CAPITALS.values() if " " not in city}) + (
    "Bergen Hamburg Milan Porto Lyon Seville Boston Chicago Toronto Sydney Osaka Mumbai Lagos Munich Cork Leeds Ghent Turin"
).split()
FOODS: list[str] = (
    "bread soup rice pasta pizza cheese apples pears plums cherries honey cake salad beans carrots tomatoes noodles "
    "pancakes potatoes grapes lemons nuts toast jam"
).split()
JOBS: list[str] = (
    "baker teacher doctor farmer painter driver nurse pilot sailor writer cook gardener singer miller tailor carpenter"
).split()
THINGS: list[str] = (
    "key lamp book box cup ball hat coat chair table clock bell boat kite letter map stone drum spoon basket candle mirror "
    "pencil bottle button ladder blanket bucket ring shoe scarf window door bag coin flower feather"
).split()
PLACES: list[str] = (
    "kitchen garden forest barn cellar attic library school station market harbour tower castle field meadow river mill "
    "workshop office museum park bakery hall church"
).split()
WORDS: list[str] = sorted(
    set(ANIMALS + COLOURS + THINGS + PLACES + FOODS + JOBS)
    | set(
        (
            "water house tree sun moon star rain snow wind cloud mountain island bridge road street village train summer "
            "winter spring autumn morning evening night dream song music dance friend family mother father sister brother "
            "child happy little yellow orange purple banana apple cherry lemon melon plum pear peach potato carrot onion "
            "butter sugar salt pepper milk coffee tea juice plate fork knife glass paper pen school teacher student number "
            "letter word story question answer hello world computer machine engine wheel garden flower grass leaf branch "
            "root seed fruit berry bread cheese honey butterfly spider ant beetle eagle sparrow raven crow pigeon goose "
            "chicken turkey camel zebra giraffe panda koala dolphin shark salmon crab lizard snake dragon castle king "
            "queen prince knight sword shield crown treasure gold silver iron copper wood stone sand clay wool silk "
            "cotton leather jacket shirt dress sock glove belt pocket purse wallet money market shop baker doctor nurse"
        ).split()
    )
)
WORDS_HELD: list[str] = (
    "lantern marble thunder rocket violin planet guitar cactus walnut trumpet puzzle helmet tunnel magnet pillow velvet "
    "ribbon saddle barrel hammer needle anchor canyon desert forge harvest ginger mustard pebble sailboat turnip whistle "
    "orchard parade lobster falcon badge timber glacier comet"
).split()


def invented_word(rng: random.Random) -> str:
    """A word of no language, so that the model learns to copy and spell letters instead of remembering words."""
    onsets = "b br c ch cl d dr f fl g gl gr h j k l m n p pl pr qu r s sh sl sp st t th tr v w y z".split()
    vowels = "a e i o u a e i o ai ea ee oo ou y".split()
    codas = ["", "", "", "b", "ck", "d", "ff", "g", "l", "ll", "m", "n", "nd", "ng", "nt", "p", "r", "rn", "rt", "s", "st", "t", "x"]  # fmt: skip
    return "".join(
        rng.choice(onsets) + rng.choice(vowels) + rng.choice(codas) for _ in range(rng.choice((1, 2, 2, 2, 3)))
    )


def some_word(rng: random.Random) -> str:
    """A word to spell, keep or repeat: half real, half invented."""
    return rng.choice(WORDS) if rng.random() < 0.5 else invented_word(rng)


def some_name(rng: random.Random) -> str:
    return rng.choice(NAMES) if rng.random() < 0.6 else invented_word(rng).capitalize()


def some_city(rng: random.Random) -> str:
    return rng.choice(CITIES) if rng.random() < 0.7 else invented_word(rng).capitalize()
