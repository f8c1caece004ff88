"""What the measured programs share."""

import json
import resource
import time


def read_prompts(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["prompt"] for line in file]


def spent():
    """Seconds of this process and of those that it waited for, user and system."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(drive, load):
    """Prints what `drive` took for a prompt of a file, once it has been warmed up."""
    drive(load["warmUp"])
    cpu, wall = spent(), time.perf_counter()
    drive(load["prompts"])
    count = load["count"] / 1e6
    print(json.dumps({"cpu": (spent() - cpu) / count, "wall": (time.perf_counter() - wall) / count}), flush=True)
