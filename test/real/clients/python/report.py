"""What every program of this folder shares: it is told what to ask in JSON, and prints a line of JSON for each thing."""

import json
import sys
import traceback
from importlib.metadata import version

# What `scripts/test-clients.ts` says of the server.
server = json.loads(sys.argv[1])

question = "What is the capital of Norway?"
messages = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": question},
]
person = server["schemas"]["person"]

_things = []


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def thing(name, unless=False):
    """Marks a function as one thing that the client does, if it does it."""

    def mark(act):
        if not unless:
            _things.append((name, act))
        return act

    return mark


def report(*packages):
    """Does one thing after the other, whatever becomes of the others."""
    say({"version": " + ".join(version(package) for package in packages)})
    for name, act in _things:
        try:
            act()
            say({"thing": name})
        except BaseException as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__} ({place.name}, line {place.lineno}): {error}"
            say({"thing": name, "error": text[:400]})


def leave(act):
    """Does what leaves an endless answer in its middle, and asks what the server saw of it."""
    act()
    say({"ask": "left"})
    assert sys.stdin.readline().strip() == "yes", "the server did not see that the client left"


def fails(kind, act):
    """What was thrown, which must be of this kind."""
    try:
        act()
    except kind as error:
        return error
    raise AssertionError("no error was thrown")


def same_text(deltas, text):
    assert len(deltas) > 1, f"only {len(deltas)} pieces"
    assert "".join(deltas) == text, (deltas, text)


def cut(text):
    """A stop string for this text, and what the text then may be: TGI leaves the stop string in it."""
    stop = text[3:6]
    before = text[: text.index(stop)]
    return stop, (before, before + stop)


def check_person(text):
    value = json.loads(text)
    assert isinstance(value["age"], int) and value["color"] in ("red", "blue"), value
