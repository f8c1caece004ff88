"""A quick look at the abilities during the training, on questions that are not those of checks.json."""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

import unknown
from checks import Check, make_checks
from dialogues import Message, render
from model import Model, Shape

BATCH = 128
LONGEST = 110


def development_checks(each: int) -> list[Check]:
    """Up to so many of every ability, drawn with another seed and other unknown kinds than those of the checks."""
    by_ability: dict[str, list[Check]] = defaultdict(list)
    for check in make_checks(99, unknown.DEVELOPMENT * 5):
        by_ability[check["ability"]].append(check)
    return [check for checks in by_ability.values() for check in checks[:: max(1, len(checks) // each)]]


def is_right(check: Check, answer: str) -> bool:
    if "answer" in check:
        return answer == check["answer"]
    if "json" in check:
        try:
            return json.loads(answer) == check["json"]
        except ValueError:
            return False
    if "animal" in check:
        return check["animal"] in answer and 3 <= len(re.findall(r"\.(?= |$)", answer)) <= 5
    return answer == unknown.ANSWER


@torch.no_grad()
def answers(model: Model, tokenizer: Tokenizer, checks: list[Check]) -> list[str]:
    """Greedy, many at once; without a cache, which a model as small as this does not need."""
    end = tokenizer.token_to_id("<|im_end|>")
    prompts = [
        tokenizer.encode(render([Message(m["role"], m["content"], 0) for m in check["messages"]]) + "<|im_start|>assistant\n").ids
        for check in checks
    ]
    results = [""] * len(checks)
    order = sorted(range(len(checks)), key=lambda index: (checks[index]["ability"], len(prompts[index])))
    for first in range(0, len(order), BATCH):
        rows = {index: list(prompts[index]) for index in order[first : first + BATCH]}
        for _ in range(LONGEST):
            length = max(map(len, rows.values()))
            ids = torch.tensor([row + [0] * (length - len(row)) for row in rows.values()])
            hidden = model.hidden(ids)[torch.arange(len(rows)), torch.tensor([len(row) - 1 for row in rows.values()])]
            for (index, row), token in zip(list(rows.items()), (hidden @ model.embedding.weight.T).argmax(-1).tolist()):
                if token == end:
                    results[index] = tokenizer.decode(row[len(prompts[index]) :], skip_special_tokens=False)
                    del rows[index]
                else:
                    row.append(token)
            if not rows:
                break
    return results


def figures(model: Model, tokenizer: Tokenizer, checks: list[Check], show: int = 2) -> str:
    """The share of right answers by ability, and some wrong ones."""
    right: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[str]] = defaultdict(list)
    refused = 0
    for check, answer in zip(checks, answers(model, tokenizer, checks)):
        right[check["ability"]].append(is_right(check, answer))
        refused += check["ability"] != "unknown" and answer == unknown.ANSWER
        if not right[check["ability"]][-1]:
            wrong[check["ability"]].append(f"  {check['messages'][-1]['content']} -> {answer}")
    taught = sum(len(each) for ability, each in right.items() if ability != "unknown")
    summary = ", ".join(f"{ability} {sum(each) / len(each):.1%}" for ability, each in right.items())
    examples = "\n".join(line for lines in wrong.values() for line in lines[:show])
    return f"{summary}; refused {refused / taught:.1%}\n{examples}"


if __name__ == "__main__":
    torch.set_num_threads(1)
    work = Path(sys.argv[1])
    state = torch.load(work / "checkpoint.pt", map_location="cpu")
    trained = Model(Shape(**state["shape"]))
    trained.load_state_dict(state["model"])
    questions = development_checks(int(sys.argv[2]) if len(sys.argv) > 2 else 40)
    print(f"step {state['step']}: {figures(trained, Tokenizer.from_file(str(work / 'tokenizer.json')), questions)}")
