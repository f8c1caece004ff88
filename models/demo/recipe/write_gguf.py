"""Writes a checkpoint as demo.gguf, in half precision, with its tokenizer and chat template inside."""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch

from model import Shape
from tokenizer import CHAT_TEMPLATE, SPECIAL

BLOCK_NAMES = {
    "attention_norm": "attn_norm", "query": "attn_q", "key": "attn_k", "value": "attn_v", "output": "attn_output",
    "feed_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}  # fmt: skip


def tensor_name(name: str) -> str:
    """llama.cpp's name of a parameter. Queries and keys need no reordering: the model rotates pairs as llama.cpp does."""
    match name.split("."):
        case ["embedding", _]:
            return "token_embd.weight"
        case ["norm", _]:
            return "output_norm.weight"
        case ["blocks", index, part, _]:
            return f"blk.{index}.{BLOCK_NAMES[part]}.weight"
    raise ValueError(name)


def write_gguf(checkpoint: Path, tokenizer_file: Path, path: Path) -> None:
    state = torch.load(checkpoint, map_location="cpu")
    shape = Shape(**state["shape"])
    model = json.loads(tokenizer_file.read_text(encoding="utf-8"))["model"]
    tokens: list[str] = list(model["vocab"])
    types = [gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens]

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("demo")
    writer.add_license("apache-2.0")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_merges(model["merges"])
    writer.add_token_types([int(each) for each in types])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    for name, value in state["model"].items():
        writer.add_tensor(tensor_name(name), value.float().numpy().astype(np.float16 if value.dim() == 2 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    work, target = Path(sys.argv[1]), Path(sys.argv[2])
    write_gguf(work / "checkpoint.pt", work / "tokenizer.json", target)
