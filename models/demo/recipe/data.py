"""Batches: conversations of about the same length side by side, so that little is padding and each begins at position 0."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from dialogues import Message, dialogue, literal_text, render, sums_to_drill

LONG_SHARE = 0.004
"""Of the conversations that go on until the window is full."""
LITERAL_SHARE = 0.02
DRILL_SHARE = 0.14
"""Of rows of sums without a conversation round them: four times as many sums a token, and their answers alone are learnt."""
HEADER = 3
"""Tokens before a message's content: <|im_start|>, its role, a newline."""


@dataclass(frozen=True)
class Batch:
    inputs: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor

    def to(self, device: str) -> "Batch":
        return Batch(*(each.to(device, non_blocking=True) for each in (self.inputs, self.targets, self.weights)))


def encode(tokenizer: Tokenizer, messages: list[Message]) -> tuple[list[int], list[float]]:
    """Ids and their weights in the loss. A turn's end belongs to the turn; headers and newlines after it are given, not learnt."""
    start, end = tokenizer.token_to_id("<|im_start|>"), tokenizer.token_to_id("<|im_end|>")
    ids = tokenizer.encode(render(messages)).ids
    weights = [0.0] * len(ids)
    message = -1
    begins = 0
    inside = False
    for index, each in enumerate(ids):
        if each == start:
            message, begins, inside = message + 1, index + HEADER, True
        elif inside and index >= begins:
            weights[index] = messages[message].weight
            inside = each != end
    return ids[:-1], weights[:-1]  # The newline after the last turn is never generated.


def answer_weights(ids: list[int], equals: int, stop: int) -> list[float]:
    weights: list[float] = []
    inside = False
    for each in ids:
        weights.append(1.0 if inside else 0.0)
        inside = each == equals or (inside and each != stop)
    return weights


def _example(rng: random.Random, tokenizer: Tokenizer, context: int) -> tuple[list[int], list[float]]:
    chance = rng.random()
    if chance < LITERAL_SHARE:
        ids = [*tokenizer.encode(literal_text(rng)).ids, tokenizer.token_to_id("<|im_end|>")]
        return ids, [1.0] * len(ids)
    if chance < LITERAL_SHARE + DRILL_SHARE:
        ids = tokenizer.encode(sums_to_drill(rng)).ids
        return ids, answer_weights(ids, tokenizer.token_to_id("Ġ="), tokenizer.token_to_id("."))
    if chance < LITERAL_SHARE + DRILL_SHARE + LONG_SHARE:
        ids, weights = encode(tokenizer, dialogue(rng, turns=36))
    else:
        ids, weights = encode(tokenizer, dialogue(rng))
    return ids[: context + 1], weights[: context + 1]


def batches(seed: int, tokenizer_file: Path, tokens: int, context: int) -> Iterator[Batch]:
    """Without end. The same seed gives the same batches."""
    rng = random.Random(seed)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    while True:
        pool = sorted((_example(rng, tokenizer, context) for _ in range(6000)), key=lambda example: len(example[0]))
        groups: list[list[tuple[list[int], list[float]]]] = [[]]
        for example in pool:
            if len(example[0]) * (len(groups[-1]) + 1) > tokens and groups[-1]:
                groups.append([])
            groups[-1].append(example)
        rng.shuffle(groups)
        for group in groups:
            length = max(len(ids) for ids, _ in group)
            ids = np.zeros((len(group), length), dtype=np.int64)
            weights = np.zeros((len(group), length), dtype=np.float32)
            for row, (row_ids, row_weights) in enumerate(group):
                ids[row, : len(row_ids)] = row_ids
                weights[row, : len(row_ids)] = row_weights
            yield Batch(torch.from_numpy(ids[:, :-1]), torch.from_numpy(ids[:, 1:]), torch.from_numpy(weights[:, 1:]))


@dataclass(frozen=True)
class _MadeByProcesses(IterableDataset):
    seed: int
    tokenizer_file: Path
    tokens: int
    context: int

    def __iter__(self) -> Iterator[Batch]:
        return batches(self.seed + 500_009 * get_worker_info().id, self.tokenizer_file, self.tokens, self.context)


def batches_made_by(processes: int, device: str, seed: int, tokenizer_file: Path, tokens: int, context: int) -> Iterator[Batch]:
    """Without end, made ahead by so many processes for a device that trains faster than one core makes conversations."""
    dataset = _MadeByProcesses(seed, tokenizer_file, tokens, context)
    for batch in DataLoader(dataset, batch_size=None, num_workers=processes, prefetch_factor=8):
        yield batch.to(device)
