from concurrent.futures import ThreadPoolExecutor

from report import check_person, cut, fails, leave, messages, report, same_text, server, thing
from xinference_client import RESTfulClient

model = server["model"]
client = RESTfulClient(server["url"], api_key=server["apiKey"])
handle = client.get_model(model)
greedy = {"temperature": 0, "max_tokens": 24}


def ask(**more):
    return handle.chat(messages, generate_config={**greedy, **more})


def text_of(answer):
    return answer["choices"][0]["message"]["content"]


def read_all(stream):
    texts = [chunk["choices"][0]["delta"].get("content") for chunk in stream if chunk["choices"]]
    return [text for text in texts if text]


@thing("models")
def models():
    assert list(client.list_models()) == [model]
    described = client.describe_model(model)
    assert described["context_length"] == server["contextWindow"], described
    assert described["model_type"] == "LLM" and "chat" in described["model_ability"]
    assert client.list_model_registrations("LLM") == []
    assert client.get_launch_model_progress(model)["progress"] == 1.0
    client.abort_request(model, "no-such-request")


@thing("chat")
def chat():
    answer = ask()
    assert text_of(answer).strip() and answer["usage"]["prompt_tokens"] > 5
    assert text_of(handle.chat(messages, enable_thinking=False, generate_config=greedy)).strip()


@thing("chat streamed")
def chat_streamed():
    same_text(read_all(ask(stream=True)), text_of(ask()))


@thing("text")
def text():
    answer = handle.generate("The capital of", {**greedy, "max_tokens": 4})
    assert answer["choices"][0]["text"].strip() and answer["choices"][0]["finish_reason"] == "length"


@thing("text streamed")
def text_streamed():
    config = {**greedy, "max_tokens": 4}
    whole = handle.generate("The capital of", config)["choices"][0]["text"]
    chunks = handle.generate("The capital of", {**config, "stream": True})
    same_text([chunk["choices"][0]["text"] for chunk in chunks if chunk["choices"]], whole)


@thing("options")
def options():
    whole = text_of(ask())
    stop, allowed = cut(whole)
    assert text_of(ask(stop=[stop])) in allowed
    sampled = {"temperature": 1.5, "seed": 1, "top_k": 30, "top_p": 0.9}
    assert text_of(ask(**sampled)) == text_of(ask(**sampled))
    assert ask(max_tokens=1)["choices"][0]["finish_reason"] == "length"


@thing("schema")
def schema():
    check_person(text_of(ask(response_format=server["formats"]["person"], max_tokens=60)))


@thing("side by side")
def side_by_side():
    whole = text_of(ask())
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda _: text_of(ask()), range(12))) == {whole}


@thing("unknown model")
def unknown_model():
    assert "nobody" in str(fails(RuntimeError, lambda: client.get_model("nobody")))


@thing("bad parameter")
def bad_parameter():
    # The server says it as text, as Xinference does, and this client looks for it in JSON.
    assert "500" in str(fails(RuntimeError, lambda: ask(top_p=7)))


@thing("tools")
def tools():
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
    assert "tool calls" in str(fails(RuntimeError, lambda: handle.chat(messages, tools=[tool])))


@thing("too long")
def too_long():
    long = [{"role": "user", "content": server["tooLong"]}]
    assert "tokens" in str(fails(RuntimeError, lambda: handle.chat(long, generate_config=greedy)))
    streamed = {**greedy, "stream": True}
    assert "tokens" in str(fails(Exception, lambda: read_all(handle.chat(long, generate_config=streamed))))


@thing("wrong key")
def wrong_key():
    fails(RuntimeError, lambda: RESTfulClient(server["url"], api_key="wrong").list_models())


@thing("abort")
def abort():
    def drop():
        own = RESTfulClient(server["url"], api_key=server["apiKey"]).get_model(model)
        endless = {"response_format": server["formats"]["endless"], "max_tokens": server["longAnswer"], "stream": True}
        stream = own.chat(messages, generate_config={**greedy, **endless})
        next(stream)
        stream.close()

    leave(drop)
    assert text_of(ask()).strip()


report("xinference-client")
