"""What the measured programs share."""

import json
import resource
import time


def read_prompts(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["prompt"] for line in file]


def spent():
    """Seconds of this process, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(drive, prompts, warm_up):
    """Prints what `drive` took for a prompt, once it has been warmed up."""
    drive(prompts[:warm_up])
    cpu, wall = spent(), time.perf_counter()
    drive(prompts)
    count = len(prompts) / 1e6
    print(json.dumps({"cpu": (spent() - cpu) / count, "wall": (time.perf_counter() - wall) / count}), flush=True)
