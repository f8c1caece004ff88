"""The tokenizer: byte-level BPE whose pieces suit what the model has to do.

- A digit is always a token of its own, so that numbers are added and sorted digit by digit.
- Names, animals, capitals and invented words are cut into pieces of at most three letters, so that a word never seen before can
  be copied and spelled from pieces that were.
- A leading space joins only whole common words. Any other word has the same pieces wherever it stands.
"""

import json
import random
import re
from collections import Counter
from pathlib import Path

from dialogues import dialogue, literal_text
from words import (
    ANIMALS, CAPITALS, CITIES, COLOURS, FOODS, JOBS, NAMES, OTHER_COUNTRIES, PLACES, THINGS, WORDS, invented_word,
)  # fmt: skip

SPACE = "Ġ"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PIECES = 190
WHOLE_WORDS = 210
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONTEXT = 1024


def byte_alphabet() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes, in the order of the bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _merge(symbols: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    merged: list[str] = []
    index = 0
    while index < len(symbols):
        if symbols[index : index + 2] == pair:
            merged.append(symbols[index] + symbols[index + 1])
            index += 2
        else:
            merged.append(symbols[index])
            index += 1
    return tuple(merged)


class _Merges:
    """Learns merges in stages; every later stage sees its words as the earlier merges leave them."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []

    def split(self, word: str) -> tuple[str, ...]:
        symbols = tuple(word)
        for pair in self.pairs:
            symbols = _merge(symbols, pair)
        return symbols

    def learn(self, counts: Counter[str], count: int, longest: int) -> None:
        words = {word: self.split(word) for word in counts}
        for _ in range(count):
            pairs: Counter[tuple[str, str]] = Counter()
            for word, symbols in words.items():
                for left, right in zip(symbols, symbols[1:]):
                    if len(left + right) <= longest:
                        pairs[left, right] += counts[word]
            if not pairs:
                return
            best = max(pairs, key=lambda pair: (pairs[pair], pair))
            self.pairs.append(best)
            words = {word: _merge(symbols, best) for word, symbols in words.items()}


def train_tokenizer(seed: int) -> dict[str, object]:
    """The tokenizer.json of a sample of the corpus."""
    rng = random.Random(seed)
    content = Counter[str]()
    for text in [*CAPITALS, *CAPITALS.values(), *OTHER_COUNTRIES, *CITIES, *NAMES]:
        content.update(re.findall("[A-Za-z]+", text))
    del content["the"]
    for word in [*WORDS, *ANIMALS, *COLOURS, *FOODS, *JOBS, *PLACES, *THINGS]:
        content[word] += 1
    for word in ("the", "word", "number", "story"):  # The questions themselves need these.
        del content[word]
    invented = Counter(invented_word(rng) for _ in range(1500))
    texts = [" ".join(message.content for message in dialogue(rng)) for _ in range(12000)]
    texts += [literal_text(rng) for _ in range(600)]
    words = Counter(re.findall("[A-Za-z]+", " ".join(texts)))
    common = Counter(
        {word: count for word, count in words.items() if word not in content and word.lower() not in content and count >= 30 and (len(word) > 1 or word in "aI")}
    )
    signs = Counter({'{"': 9000, '":': 9000, '",': 9000, '"}': 9000, 'Ġ"': 9000})

    merges = _Merges()
    merges.learn(content + Counter({word: 1 for word in invented if len(word) < 8}), PIECES, longest=3)
    merges.learn(signs, 9, longest=2)
    for word in ("user", "system", "assistant"):
        merges.learn(Counter({word: 1}), 9, longest=9)
    merges.learn(common, WHOLE_WORDS, longest=12)
    whole = [word for word, _ in common.most_common() if len(merges.split(word)) == 1]
    merges.pairs += [(SPACE, sign) for sign in "+-="] + [(SPACE, word) for word in whole[:170]]

    tokens = byte_alphabet() + [left + right for left, right in merges.pairs]
    tokens = list(dict.fromkeys(tokens))
    first_special = len(tokens)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": first_special + index, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for index, text in enumerate(SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate([*tokens, *SPECIAL])},
            "merges": [f"{left} {right}" for left, right in merges.pairs],
        },
    }  # fmt: skip


def tokenizer_config() -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": CONTEXT,
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }


def write_tokenizer(folder: Path, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("tokenizer.json", train_tokenizer(seed)), ("tokenizer_config.json", tokenizer_config())):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
