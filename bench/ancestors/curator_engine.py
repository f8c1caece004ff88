"""curator's `LLM` from the prompts of a file into a file; prints microseconds of CPU and of wall time a prompt."""

import json
import os
import sys

# It names the folder of token tables that litellm brings; else tiktoken downloads them.
import litellm.litellm_core_utils.default_encoding  # noqa: F401
from bespokelabs import curator
from datasets import Dataset
from measure import measure

load = json.loads(sys.argv[1])


class Ask(curator.LLM):
    def prompt(self, input):
        return input["prompt"]


llm = Ask(
    model_name=load["model"],
    backend="openai",
    generation_params={"max_tokens": 128},
    backend_params={
        "base_url": f"{load['endpoint']}/v1",
        "api_key": "none",
        "max_concurrent_requests": load["concurrency"],
        # More than can be reached: the defaults are those of a hosted service.
        "max_requests_per_minute": 1_000_000_000,
        "max_tokens_per_minute": 1_000_000_000_000,
    },
)


def drive(prompts):
    name = os.path.basename(prompts)
    rows = Dataset.from_json(prompts, cache_dir=f"{load['folder']}/input-{name}")
    llm(rows, working_dir=f"{load['folder']}/run-{name}").dataset.to_json(f"{load['folder']}/{name}")


measure(drive, load)
