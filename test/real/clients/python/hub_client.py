import asyncio
from concurrent.futures import ThreadPoolExecutor

from huggingface_hub import AsyncInferenceClient, InferenceClient, InferenceTimeoutError
from huggingface_hub.errors import HfHubHTTPError, ValidationError
from report import check_person, cut, fails, leave, messages, person, report, same_text, server, thing

expects = server["expects"]
is_tgi = server["as"] == "tgi"
client = InferenceClient(base_url=server["url"], token=server["apiKey"])
greedy = {"model": server["model"], "temperature": 0, "max_tokens": 24}
endless = {"response_format": server["formats"]["endless"], "max_tokens": server["longAnswer"]}
prompt = "The capital of"


def continue_text(text=prompt, **more):
    # `POST /`, which this client asks, puts the prompt before the answer unless it is told not to.
    return client.text_generation(text, **{"max_new_tokens": 4, "return_full_text": False, **more})


def ask(**more):
    return client.chat_completion(**{**greedy, "messages": messages, **more})


def text_of(answer):
    return answer.choices[0].message.content


def read_all(stream):
    return [chunk.choices[0].delta.content for chunk in stream if chunk.choices and chunk.choices[0].delta.content]


def status_of(act):
    return fails(HfHubHTTPError, act).response.status_code


@thing("models", unless=not is_tgi)
def models():
    endpoint = InferenceClient(model=server["url"], provider="hf-inference", token=server["apiKey"])
    assert endpoint.get_endpoint_info()["model_id"] == server["model"]
    assert endpoint.health_check()


@thing("chat")
def chat():
    answer = ask()
    assert text_of(answer).strip() and answer.usage.prompt_tokens > 5
    same = client.chat.completions.create(**greedy, messages=messages)
    assert text_of(same) == text_of(answer)


@thing("chat streamed")
def chat_streamed():
    same_text(read_all(ask(stream=True)), text_of(ask()))


@thing("text", unless=not is_tgi)
def text():
    whole = continue_text()
    assert whole.strip()
    told = continue_text(details=True, do_sample=True, seed=3)
    assert told.details.finish_reason == "length" and told.details.generated_tokens == 4
    assert "".join(token.text for token in told.details.tokens) == told.generated_text
    assert client.text_generation(prompt, max_new_tokens=4) == prompt + whole

    async def later():
        async with AsyncInferenceClient(base_url=server["url"], token=server["apiKey"]) as later_client:
            return await later_client.text_generation(prompt, max_new_tokens=4, return_full_text=False)

    assert asyncio.run(later()) == whole


@thing("text streamed", unless=not is_tgi)
def text_streamed():
    whole = continue_text()
    same_text(list(continue_text(stream=True)), whole)
    events = list(continue_text(stream=True, details=True))
    assert events[-1].generated_text == whole and events[-1].details.finish_reason == "length"


@thing("options")
def options():
    whole = text_of(ask())
    stop, allowed = cut(whole)
    assert text_of(ask(stop=[stop])) in allowed
    sampled = {"temperature": 1.5, "seed": 1}
    assert text_of(ask(**sampled)) == text_of(ask(**sampled))
    told = ask(logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert "".join(each.token for each in told) == whole
    if is_tgi:
        whole = continue_text(max_new_tokens=8)
        assert whole.startswith(continue_text(max_new_tokens=8, stop=[whole[3:6]]))
        continue_text(temperature=0.7, top_k=5, top_p=0.9, repetition_penalty=1.1, seed=1, truncate=500)


# It sends a form of its own, which Xinference does not know, whatever form it was given.
@thing("schema", unless=server["as"] == "xinference")
def schema():
    check_person(text_of(ask(response_format=server["formats"]["person"], max_tokens=60)))
    if is_tgi:
        grammar = {"type": "json", "value": person}
        check_person(continue_text("Mia: ", max_new_tokens=60, grammar=grammar))


@thing("side by side")
def side_by_side():
    whole = text_of(ask())
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda _: text_of(ask()), range(12))) == {whole}


@thing("unknown model", unless="unknownModel" not in expects)
def unknown_model():
    assert status_of(lambda: ask(model="nobody")) == expects["unknownModel"]


@thing("bad parameter")
def bad_parameter():
    assert status_of(lambda: ask(top_p=7)) == expects["badParameter"]
    if is_tgi:
        error = fails(ValidationError, lambda: continue_text(top_p=7))
        assert "top_p" in str(error)


@thing("tools")
def tools():
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
    assert status_of(lambda: ask(tools=[tool])) == expects["tools"]


@thing("too long")
def too_long():
    long = [{"role": "user", "content": server["tooLong"]}]
    assert status_of(lambda: ask(messages=long)) == expects["tooLong"]
    fails(Exception, lambda: same_text(read_all(ask(messages=long, stream=True)), "nothing"))
    if is_tgi:
        fails(ValidationError, lambda: continue_text(server["tooLong"]))
        fails(ValidationError, lambda: list(continue_text(server["tooLong"], stream=True)))


@thing("wrong key")
def wrong_key():
    stranger = InferenceClient(base_url=server["url"], token="wrong")
    assert status_of(lambda: stranger.chat_completion(**greedy, messages=messages)) == 401


@thing("abort")
def abort():
    def close():
        stream = ask(**endless, stream=True)
        next(stream)
        stream.close()

    def time_out():
        hasty = InferenceClient(base_url=server["url"], token=server["apiKey"], timeout=0.2)
        fails(InferenceTimeoutError, lambda: hasty.chat_completion(**{**greedy, "messages": messages, **endless}))

    leave(close)
    # The class sends a schema in TGI's form to every server; to Xinference it says nothing, and no answer is endless then.
    if server["as"] != "xinference":
        leave(time_out)
    assert text_of(ask()).strip()


report("huggingface_hub")
