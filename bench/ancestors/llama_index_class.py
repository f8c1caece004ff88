"""LlamaIndex's `Xinference` over the prompts of a file; prints microseconds of CPU and of wall time a prompt."""

import json
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import xinference_client

warnings.simplefilter("ignore")
# The class takes its client from `xinference`, a package with torch; `xinference-client` has the same one.
module = ModuleType("xinference.client")
module.RESTfulClient = xinference_client.RESTfulClient
sys.modules["xinference"] = ModuleType("xinference")
sys.modules["xinference.client"] = module

from llama_index.core.llms import ChatMessage  # noqa: E402
from llama_index.llms.xinference import Xinference  # noqa: E402
from measure import measure, read_prompts  # noqa: E402

load = json.loads(sys.argv[1])
llm = Xinference(model_uid=load["model"], endpoint=load["endpoint"])


def ask(prompt):
    answer = llm.chat([ChatMessage(role="user", content=prompt)]).message.content
    assert answer.startswith("the water"), answer


def drive(file):
    prompts = read_prompts(file)
    if load["concurrency"] == 1:
        for prompt in prompts:
            ask(prompt)
        return
    # The class has no other way: its asynchronous methods call the synchronous ones.
    with ThreadPoolExecutor(load["concurrency"]) as pool:
        list(pool.map(ask, prompts))


measure(drive, load)
