"""The distinct chat templates in the catalogue of Xinference's wheel, with the models that have them, as JSON."""

import json
import sys
import zipfile

models_of = {}
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in sorted(wheel.namelist()):
        if not name.startswith("xinference/model/llm/") or not name.endswith(".json"):
            continue
        entries = json.loads(wheel.read(name))
        for entry in entries if isinstance(entries, list) else []:
            template = entry.get("chat_template")
            if template:
                models_of.setdefault(template, []).append(entry["model_name"])
json.dump([{"models": models, "template": template} for template, models in models_of.items()], sys.stdout)
