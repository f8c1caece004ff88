from pathlib import Path

from distilabel.models import InferenceEndpointsLLM
from report import check_person, messages, person, report, server, thing

tokenizer = str(Path(__file__).parents[4] / "models" / "demo")


def connect(**more):
    llm = InferenceEndpointsLLM(**{"base_url": server["url"], "api_key": server["apiKey"], **more})
    llm.load()
    return llm


def generate(llm, inputs, **more):
    return llm.generate(inputs=inputs, **{"max_new_tokens": 24, "temperature": 0.1, **more})


def text_of(outputs):
    return outputs[0]["generations"][0]


@thing("chat")
def chat():
    assert text_of(generate(connect(), [messages])).strip()


@thing("text")
def text():
    outputs = generate(connect(tokenizer_id=tokenizer), [messages])
    assert text_of(outputs).strip()
    assert outputs[0]["statistics"]["input_tokens"][0] > 5


@thing("options")
def options():
    llm = connect(tokenizer_id=tokenizer)
    assert len(generate(llm, [messages], num_generations=3)[0]["generations"]) == 3
    sampled = {"do_sample": True, "seed": 1, "top_k": 20, "top_p": 0.9, "repetition_penalty": 1.1}
    assert text_of(generate(llm, [messages], **sampled)) == text_of(generate(llm, [messages], **sampled))


@thing("schema")
def schema():
    structured = {"format": "json", "schema": person}
    check_person(text_of(generate(connect(tokenizer_id=tokenizer, structured_output=structured), [messages], max_new_tokens=60)))


@thing("Magpie")
def magpie():
    llm = connect(tokenizer_id=tokenizer, use_magpie_template=True, magpie_pre_query_template="<|im_start|>user\n")
    outputs = generate(llm, [[]], temperature=1.0, do_sample=True, stop_sequences=["<|im_end|>"], max_new_tokens=40)
    assert text_of(outputs).strip()


@thing("side by side")
def side_by_side():
    outputs = generate(connect(tokenizer_id=tokenizer), [messages] * 12, do_sample=False)
    assert len(outputs) == 12 and all(each["generations"][0] for each in outputs)


@thing("bad parameter")
def bad_parameter():
    # It logs what the server says, and answers with None.
    assert text_of(generate(connect(), [messages], top_p=7.0)) is None


@thing("too long")
def too_long():
    assert text_of(generate(connect(tokenizer_id=tokenizer), [[{"role": "user", "content": server["tooLong"]}]])) is None


@thing("wrong key")
def wrong_key():
    assert text_of(generate(connect(api_key="wrong"), [messages])) is None


report("distilabel", "huggingface_hub")
