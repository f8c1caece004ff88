"""LlamaIndex's class takes its client from `xinference`, a package with torch; `xinference-client` has the same one."""

import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import xinference_client
from report import fails, question, report, same_text, server, thing

module = ModuleType("xinference.client")
module.RESTfulClient = xinference_client.RESTfulClient
sys.modules["xinference"] = ModuleType("xinference")
sys.modules["xinference.client"] = module

from llama_index.core.llms import ChatMessage  # noqa: E402
from llama_index.llms.xinference import Xinference  # noqa: E402

model = server["model"]
messages = [ChatMessage(role="system", content="You are a helpful assistant."), ChatMessage(role="user", content=question)]


def connect(**more):
    return Xinference(**{"model_uid": model, "endpoint": server["url"], "temperature": 0, "max_tokens": 24, **more})


@thing("models")
def models():
    llm = connect(max_tokens=None)
    assert llm.metadata.context_window == int(server["contextWindow"] // 2.5)
    assert llm.metadata.num_output == server["contextWindow"] // 4
    assert llm.metadata.model_name == model


@thing("chat")
def chat():
    assert connect().chat(messages).message.content.strip()


@thing("chat streamed")
def chat_streamed():
    parts = list(connect().stream_chat(messages))
    same_text([part.delta for part in parts if part.delta], connect().chat(messages).message.content)
    assert parts[-1].message.content == connect().chat(messages).message.content


@thing("text")
def text():
    assert connect().complete(question).text.strip()


@thing("text streamed")
def text_streamed():
    same_text([part.delta for part in connect().stream_complete(question) if part.delta], connect().complete(question).text)


@thing("side by side")
def side_by_side():
    whole = connect().complete(question).text
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda _: connect().complete(question).text, range(12))) == {whole}


@thing("unknown model")
def unknown_model():
    assert "nobody" in str(fails(RuntimeError, lambda: connect(model_uid="nobody")))


@thing("bad parameter")
def bad_parameter():
    fails(ValueError, lambda: connect(max_tokens=server["contextWindow"] + 1))


@thing("too long")
def too_long():
    assert "tokens" in str(fails(RuntimeError, lambda: connect().complete(server["tooLong"])))
    assert "tokens" in str(fails(Exception, lambda: list(connect().stream_complete(server["tooLong"]))))


report("llama-index-llms-xinference", "xinference-client")
