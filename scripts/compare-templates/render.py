"""Renders every template with every conversation as transformers does: JSON in, JSON out."""

import json
import sys

from transformers.utils.chat_template_utils import render_jinja_template


def render(template, conversation, special_tokens):
    arguments = {
        "conversations": [conversation["messages"]],
        "tools": conversation["tools"],
        "continue_final_message": conversation["continueFinalMessage"],
        "add_generation_prompt": conversation["addGenerationPrompt"],
        **special_tokens,
        **conversation["variables"],
    }
    try:
        rendered, _ = render_jinja_template(chat_template=template, **arguments)
        return {"text": rendered[0]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


task = json.load(sys.stdin)
json.dump(
    [
        [render(template, conversation, task["specialTokens"]) for conversation in task["conversations"]]
        for template in task["templates"]
    ],
    sys.stdout,
)
