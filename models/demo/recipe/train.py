"""Trains the model and leaves checkpoints; an interrupted training goes on from the last one.

On CPUs every core is a worker with one thread and its own conversations; once a step they average their gradients. On a machine that
does other work too this is twice as fast as one process with many threads, which wait for each other at every operation. Where there
is a CUDA accelerator it is the only worker, in larger steps, and the cores make its conversations.
"""

import argparse
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import distributed, multiprocessing
from torch.nn import functional

from data import Batch, batches, batches_made_by
from model import Model, Shape
from muon import Muon, sum_over_workers

BATCH_TOKENS = {"cpu": 2048, "cuda": 32_768}
"""Of each worker, in a step."""
MATRIX_RATE = 0.02
EMBEDDING_RATE = 0.004
WARM_UP = 0.01
DECAY = 0.6
"""The last part of the training, in which the rate falls to nothing."""
SAVE_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    """The training ends after `steps` or `minutes`, whichever is reached first; the rate has then fallen to nothing in both cases."""

    work: Path
    seed: int
    steps: int
    minutes: float
    cores: int
    layers: int
    device: str = "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def workers(self) -> int:
        return self.cores if self.device == "cpu" else 1


def rate_at(progress: float) -> float:
    return min(progress / WARM_UP, 1.0, max(0.0, (1 - progress) / DECAY))


def loss_of(model: Model, batch: Batch, bfloat16: bool) -> torch.Tensor:
    """Only the positions that count go through the output matrix, the dearest one of a tiny model."""
    with torch.autocast(batch.inputs.device.type, torch.bfloat16, enabled=bfloat16):
        counted = batch.weights > 0
        logits = functional.linear(model.hidden(batch.inputs)[counted], model.embedding.weight)
    losses = functional.cross_entropy(logits.float(), batch.targets[counted], reduction="none")
    weights = batch.weights[counted]
    return (losses * weights).sum() / weights.sum()


def optimizers_of(model: Model) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, which learn in fewer steps with it, AdamW for the embeddings and norms."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        (matrices if parameter.dim() == 2 and not name.startswith("embedding") else others).append(parameter)
    return [Muon(matrices, MATRIX_RATE), torch.optim.AdamW(others, lr=EMBEDDING_RATE, betas=(0.9, 0.98), weight_decay=0.0)]


def average_gradients(model: Model, progress: float, workers: int) -> float:
    """Averages the gradients over the workers, and the progress with them, so that all stop at the same step."""
    if workers == 1:
        return progress
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    last = torch.tensor([progress])
    sum_over_workers([*gradients, last])
    for gradient in gradients:
        gradient /= workers
    return last.item() / workers


def run_worker(rank: int, plan: Plan) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{plan.work}/rendezvous", rank=rank, world_size=plan.workers)
    torch.set_float32_matmul_precision("high" if plan.device == "cuda" else "highest")
    torch.manual_seed(plan.seed)
    tokenizer_file = plan.work / "tokenizer.json"
    shape = Shape(Tokenizer.from_file(str(tokenizer_file)).get_vocab_size(), layers=plan.layers)
    model = Model(shape).to(plan.device)
    optimizers = optimizers_of(model)
    checkpoint = plan.work / "checkpoint.pt"
    step, before = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=plan.device)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        step, before = state["step"], state["seconds"]
    bfloat16 = plan.device == "cuda" or torch.cpu._is_avx512_bf16_supported()
    started = time.monotonic() - before
    last_saved = last_said = time.monotonic()
    total, tokens, count, progress = 0.0, 0, 0, 0.0
    if rank == 0:
        print(f"{sum(p.numel() for p in model.parameters())} parameters, {asdict(shape)}, {plan.device}, bfloat16: {bfloat16}", flush=True)

    def save() -> None:
        optimizer_states = [each.state_dict() for each in optimizers]
        state = {"model": model.state_dict(), "optimizers": optimizer_states, "shape": asdict(shape), "step": step, "seconds": time.monotonic() - started}
        torch.save(state, plan.work / "checkpoint.part")
        os.replace(plan.work / "checkpoint.part", checkpoint)

    seed = plan.seed * 1_000_003 + step * plan.workers + rank
    making = (seed, tokenizer_file, BATCH_TOKENS[plan.device], shape.context)
    for batch in batches(*making) if plan.device == "cpu" else batches_made_by(plan.cores, plan.device, *making):
        model.zero_grad()
        loss = loss_of(model, batch, bfloat16)
        loss.backward()
        progress = average_gradients(model, max(step / plan.steps, (time.monotonic() - started) / 60 / plan.minutes), plan.workers)
        if progress >= 1:
            break
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, rate in zip(optimizers, (MATRIX_RATE, EMBEDDING_RATE)):
            optimizer.param_groups[0]["lr"] = rate * rate_at(progress)
            optimizer.step()
        step += 1
        total, tokens, count = total + loss.item(), tokens + batch.inputs.numel(), count + 1
        now = time.monotonic()
        if rank == 0 and now - last_said > 30:
            speed = tokens * plan.workers / (now - last_said)
            print(f"{(now - started) / 60:.1f} min, step {step}, {progress:.1%}, loss {total / count:.4f}, {speed:.0f} tokens/s", flush=True)
            total, tokens, count, last_said = 0.0, 0, 0, now
        if rank == 0 and now - last_saved > SAVE_SECONDS:
            save()
            last_saved = now
    if rank == 0:
        save()
        print(f"done at step {step}", flush=True)
    distributed.destroy_process_group()


def train(plan: Plan) -> None:
    # Big tensors come and go at every step: let the allocator keep their memory instead of giving it back each time.
    os.environ |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_TOP_PAD_": "300000000"}
    (plan.work / "rendezvous").unlink(missing_ok=True)
    multiprocessing.spawn(run_worker, (plan,), plan.workers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="the folder of the tokenizer and the checkpoints")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--layers", type=int, default=4)
    args = parser.parse_args()
    train(Plan(args.work, args.seed, args.steps, args.minutes, args.cores, args.layers))
