import type { Capabilities, OptionName } from '../contract/capabilities.js'
import type { ChatTemplate } from '../template/chat-template.js'

/** The variable by which most chat templates switch a hybrid model's thinking; the others have no common name. */
const thinkingVariable = 'enable_thinking'

/** All of them as grammars, which llama.cpp samples with. */
const formats = { json: 'GBNF', regex: 'GBNF', choice: 'GBNF', grammar: 'GBNF' } as const

const noTools = 'the embedded engine does not read tool calls'

/** The variables that switch thinking on or off, for a template that has the switch. */
export function thinkingVariables(template: ChatTemplate | undefined, reasoning: boolean | undefined): object {
  if (reasoning === undefined || !template?.mentions(thinkingVariable)) return {}
  return { [thinkingVariable]: reasoning }
}

/** What the engine can do for a model with this chat template. */
export function engineCapabilities(template: ChatTemplate | undefined, parallel: number): Capabilities {
  const unsupported: Partial<Record<OptionName, string>> = {
    typicalP: 'node-llama-cpp has no such sampler',
    tools: noTools,
    toolChoice: noTools,
    parallelToolCalls: noTools,
    extraBody: 'the embedded engine sends no request that it could go into',
  }
  if (template === undefined) unsupported.chatTemplateKwargs = 'this model has no chat template'
  if (!template?.mentions(thinkingVariable)) {
    unsupported.reasoning = "this model's chat template has no switch for it"
  }
  return {
    chat: template !== undefined,
    completion: true,
    vision: false,
    tools: false,
    unsupported,
    constraints: { chat: formats, completion: formats },
    whitespace: ['chat', 'completion'],
    batchWire: 'stream',
    maxConcurrency: parallel,
  }
}
