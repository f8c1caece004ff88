"""Writes the demo model as a folder for transformers: python make-model.py models/demo TARGET.

`transformers serve` 5.17 does not start with a GGUF file whose architecture only the file tells, and saves no model that
it read from one, so the tensors go into a new model.
"""

import sys

from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

source, target = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(source)
read = AutoModelForCausalLM.from_pretrained(source, gguf_file="demo.gguf")
config = {name: value for name, value in read.config.to_dict().items() if name not in ("quantization_config", "dtype")}
model = LlamaForCausalLM(LlamaConfig(**config))
model.load_state_dict(read.state_dict())
model.generation_config.eos_token_id = tokenizer.eos_token_id
model.save_pretrained(target)
tokenizer.save_pretrained(target)
