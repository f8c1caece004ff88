"""The tokenizer: a common word is one token, every other word is its letters, a digit is always alone.

So a name that was never seen is copied, and a word spelled, from letters that were; and numbers are added and sorted digit by digit.
It is a byte-level BPE whose words are looked up whole (`ignore_merges`, as Llama 3 has it) and which merges hardly anything else.
"""

import json
import random
from collections import Counter
from pathlib import Path

from tokenizers import Regex, pre_tokenizers

from dialogues import dialogue, literal_text
from words import (
    ANIMALS, CAPITALS, CITIES, COLOURS, FOODS, JOBS, NAMES, NAMES_HELD, OTHER_COUNTRIES, PLACES, THINGS, WORDS, WORDS_HELD,
)  # fmt: skip

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
COMMON = 30
"""A piece of text that is found so often in the sample is a token."""
SPLIT = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""What llama.cpp calls "llama-bpe": the only way of splitting with which it looks words up whole."""
ASKED_FOR = {"the", "word", "number", "story", "letter", "answer"}
"""Words that can be spelled and that the questions themselves are made of."""
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


def common_pieces(rng: random.Random) -> list[str]:
    """Words and signs of the conversations, the most frequent first; no word that is to be copied or spelled is among them."""
    content: set[str] = set()
    for text in [*CAPITALS, *CAPITALS.values(), *OTHER_COUNTRIES, *CITIES, *NAMES, *NAMES_HELD]:
        content.update(text.lower().split())
    content.update([*WORDS, *WORDS_HELD, *ANIMALS, *COLOURS, *FOODS, *JOBS, *PLACES, *THINGS])
    content -= ASKED_FOR
    texts = [message.content for _ in range(12_000) for message in dialogue(rng)] + [literal_text(rng) for _ in range(600)]
    splitter = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    counts = Counter(piece for text in texts for piece, _ in splitter.pre_tokenize_str(text))

    def is_letter_alone(piece: str) -> bool:
        return len(piece) == 2 and piece[0] in " -" and piece[1].isalpha() and piece not in (" a", " I")

    return [
        piece
        for piece, count in counts.most_common()
        if count >= COMMON and len(piece) > 1 and not piece[0].isdigit() and piece.strip(' "-(').lower() not in content and not is_letter_alone(piece)
    ]


def train_tokenizer(seed: int) -> dict[str, object]:
    """The tokenizer.json of a sample of the corpus."""
    alphabet = byte_alphabet()
    pieces = ["".join(alphabet[byte] for byte in piece.encode()) for piece in common_pieces(random.Random(seed))]
    roles = [role for role in ("user", "system", "assistant") if role not in pieces]
    tokens = list(dict.fromkeys([*alphabet, *roles, *pieces]))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": len(tokens) + index, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for index, text in enumerate(SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
            "vocab": {token: index for index, token in enumerate([*tokens, *SPECIAL])},
            "merges": ['{ "'],  # llama.cpp does not load a vocabulary without any.
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
