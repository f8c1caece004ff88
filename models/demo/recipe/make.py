"""Makes the demo model again: tokenizer, training, GGUF. Run it in an environment with requirements.txt:

    python models/demo/recipe/make.py

It ends after 170 minutes at the latest, goes on where it was interrupted, and replaces the files of models/demo at the end. The
questions of checks.json are made by checks.py and are not touched here; `npm run model:check` puts them to the new model.
"""

import argparse
import math
import os
import shutil
from pathlib import Path

from tokenizer import write_tokenizer
from train import Plan, train
from write_gguf import write_gguf

FILES = ("demo.gguf", "tokenizer.json", "tokenizer_config.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".cache/demo-model"), help="checkpoints lie here")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--minutes", type=float, default=170, help="end by then, with the rate run down, however many steps there were")
    parser.add_argument("--cores", type=int, default=min(16, os.cpu_count() or 1))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if not (args.work / "tokenizer.json").exists():
        write_tokenizer(args.work, args.seed)
    train(Plan(args.work.resolve(), args.seed, args.steps, args.minutes or math.inf, args.cores, layers=4))
    write_gguf(args.work / "checkpoint.pt", args.work / "tokenizer.json", args.work / "demo.gguf")
    for name in FILES:
        shutil.copyfile(args.work / name, args.out / name)


if __name__ == "__main__":
    main()
