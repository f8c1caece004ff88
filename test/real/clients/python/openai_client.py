import asyncio
from concurrent.futures import ThreadPoolExecutor

import openai
from report import check_person, cut, fails, leave, messages, report, same_text, server, thing

expects = server["expects"]
model = server["model"]
base_url = server["url"] + "/v1"
client = openai.OpenAI(base_url=base_url, api_key=server["apiKey"], max_retries=0)
greedy = {"model": model, "temperature": 0, "max_tokens": 24}
endless = {"response_format": server["formats"]["endless"], "max_tokens": server["longAnswer"]}


def ask(**more):
    return client.chat.completions.create(**{**greedy, "messages": messages, **more})


def text_of(answer):
    return answer.choices[0].message.content


def read_all(stream):
    deltas, usage = [], None
    for chunk in stream:
        usage = chunk.usage or usage
        if chunk.choices and chunk.choices[0].delta.content:
            deltas.append(chunk.choices[0].delta.content)
    return deltas, usage


@thing("models")
def models():
    assert [each.id for each in client.models.list()] == [model]


@thing("chat")
def chat():
    answer = ask()
    assert text_of(answer).strip()
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.prompt_tokens > 5

    async def later():
        async with openai.AsyncOpenAI(base_url=base_url, api_key=server["apiKey"]) as later_client:
            return await later_client.chat.completions.create(**greedy, messages=messages)

    assert text_of(asyncio.run(later())) == text_of(answer)


@thing("chat streamed")
def chat_streamed():
    whole = ask()
    deltas, usage = read_all(ask(stream=True, stream_options={"include_usage": True}))
    same_text(deltas, text_of(whole))
    assert usage == whole.usage, (usage, whole.usage)
    with client.chat.completions.stream(**greedy, messages=messages) as stream:
        assert text_of(stream.get_final_completion()) == text_of(whole)


@thing("text")
def text():
    answer = client.completions.create(**{**greedy, "prompt": "The capital of", "max_tokens": 4})
    assert answer.choices[0].text.strip()
    assert answer.choices[0].finish_reason == "length"


@thing("text streamed")
def text_streamed():
    asked = {**greedy, "prompt": "The capital of", "max_tokens": 4}
    whole = client.completions.create(**asked).choices[0].text
    same_text([chunk.choices[0].text for chunk in client.completions.create(**asked, stream=True) if chunk.choices], whole)


@thing("options")
def options():
    whole = text_of(ask())
    stop, allowed = cut(whole)
    assert text_of(ask(stop=[stop])) in allowed
    sampled = {"temperature": 1.5, "seed": 1}
    assert text_of(ask(**sampled)) == text_of(ask(**sampled))
    assert ask(max_tokens=1).choices[0].finish_reason == "length"
    told = ask(logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert "".join(each.token for each in told) == whole
    raw = client.chat.completions.with_raw_response.create(**greedy, messages=messages)
    assert text_of(raw.parse()) == whole


@thing("schema")
def schema():
    check_person(text_of(ask(response_format=server["formats"]["person"], max_tokens=60)))


@thing("side by side")
def side_by_side():
    whole = text_of(ask())
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda _: text_of(ask()), range(12))) == {whole}


@thing("unknown model", unless="unknownModel" not in expects)
def unknown_model():
    assert fails(openai.NotFoundError, lambda: ask(model="nobody")).status_code == expects["unknownModel"]


@thing("bad parameter")
def bad_parameter():
    error = fails(openai.APIStatusError, lambda: ask(top_p=7))
    assert error.status_code == expects["badParameter"]
    assert "top_p" in error.response.text


@thing("tools")
def tools():
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
    assert fails(openai.APIStatusError, lambda: ask(tools=[tool])).status_code == expects["tools"]


@thing("too long")
def too_long():
    long = [{"role": "user", "content": server["tooLong"]}]
    error = fails(openai.APIStatusError, lambda: ask(messages=long))
    assert error.status_code == expects["tooLong"] and "tokens" in error.response.text
    broken = fails(openai.APIError, lambda: read_all(ask(messages=long, stream=True)))
    assert "tokens" in f"{broken} {broken.body}", broken


@thing("wrong key")
def wrong_key():
    stranger = openai.OpenAI(base_url=base_url, api_key="wrong", max_retries=0)
    fails(openai.AuthenticationError, lambda: stranger.chat.completions.create(**greedy, messages=messages))


@thing("abort")
def abort():
    def close():
        stream = ask(**endless, stream=True)
        next(iter(stream))
        stream.close()

    def time_out():
        hasty = client.with_options(timeout=0.2).chat.completions
        fails(openai.APITimeoutError, lambda: hasty.create(**{**greedy, "messages": messages, **endless}))

    leave(close)
    leave(time_out)
    assert text_of(ask()).strip()


report("openai")
