"""distilabel's `InferenceEndpointsLLM` over the prompts of a file; prints microseconds of CPU and of wall time a prompt."""

import json
import sys

from distilabel.models import InferenceEndpointsLLM
from measure import measure, read_prompts

load = json.loads(sys.argv[1])
llm = InferenceEndpointsLLM(base_url=load["endpoint"], api_key="none", tokenizer_id=load["tokenizer"])
llm.load()


def drive(file):
    prompts = read_prompts(file)
    # A batch is asked all at once, and the next one when the slowest is there.
    for start in range(0, len(prompts), load["concurrency"]):
        batch = [[{"role": "user", "content": prompt}] for prompt in prompts[start : start + load["concurrency"]]]
        for output in llm.generate(inputs=batch, max_new_tokens=128):
            assert output["generations"][0].startswith("the water"), output


measure(drive, load)
