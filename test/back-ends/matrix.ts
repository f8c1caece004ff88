/** The capability matrix: what every back end honours, read from the capabilities of the dialects and of the embedded engine. */
import { readFileSync } from 'node:fs'

import type { Capabilities, Route } from '../../src/contract/capabilities.js'
import { HfRouterDialect } from '../../src/dialects/hf-router/hf-router-dialect.js'
import { LlamaServerDialect } from '../../src/dialects/llama-server/llama-server-dialect.js'
import { OpenAIDialect } from '../../src/dialects/openai/openai-dialect.js'
import { SglangDialect } from '../../src/dialects/sglang/sglang-dialect.js'
import { TgiDialect } from '../../src/dialects/tgi/tgi-dialect.js'
import { VllmDialect } from '../../src/dialects/vllm/vllm-dialect.js'
import { readDescription } from '../../src/dialects/xinference/read-description.js'
import { XinferenceDialect } from '../../src/dialects/xinference/xinference-dialect.js'
import { engineCapabilities } from '../../src/llama-cpp/capabilities.js'
import { type Form, gapsOf } from '../../src/llm/route.js'
import { ChatTemplate } from '../../src/template/chat-template.js'
import { describeModel } from '../support/xinference-profiles/describe-model.js'
import { engines } from '../support/xinference-profiles/profile.js'
import { profiles } from '../support/xinference-profiles/profiles.js'
import { type CaseOption, caseOptions, type OutputFormat, outputFormats } from './option-cases.js'

/** Whether an option is honoured on a route, and by which field a format of `structuredOutput` constrains the text, or `false`. */
export type Cells = Readonly<Record<CaseOption, boolean> & Record<OutputFormat | 'json-object', string | false>>

export interface MatrixColumn {
  /** As the suite calls the back end. */
  readonly name: string
  /** A route that is not there has no cells. */
  readonly routes: Readonly<Partial<Record<Route, Cells>>>
  readonly maxStops: number
}

const model = 'org/model'
const demoTemplate = new URL('../../models/demo/tokenizer_config.json', import.meta.url)

/** The capabilities of every back end, in the order of the documentation. */
export function matrixColumns(): readonly MatrixColumn[] {
  return [
    ...engines.map((engine) => column(`Xinference 4.1, ${engine}`, xinferenceCapabilities(engine))),
    column('TGI 3.3', new TgiDialect({ version: '3.3.6' }).capabilities),
    column('vLLM 0.10', new VllmDialect({ model, version: '0.10.2' }).capabilities),
    column('vLLM 0.12', new VllmDialect({ model, version: '0.12.0' }).capabilities),
    column('SGLang 0.5', new SglangDialect({ model }).capabilities),
    column('SGLang 0.5, deterministic', new SglangDialect({ model, isDeterministic: true }).capabilities),
    column('llama-server', new LlamaServerDialect().capabilities),
    column("Hugging Face's router", new HfRouterDialect({ model }).capabilities),
    column("OpenAI's protocol", new OpenAIDialect({ model }).capabilities),
    { name: 'embedded', routes: embeddedCells(), maxStops: Infinity },
  ]
}

/** Of the demo model. */
export function embeddedCells(): Readonly<Record<Route, Cells>> {
  const { chat_template: template } = JSON.parse(readFileSync(demoTemplate, 'utf8')) as { chat_template: string }
  const capabilities = engineCapabilities(new ChatTemplate(template), 1)
  return { chat: cellsOf(capabilities, 'chat'), completion: cellsOf(capabilities, 'completion') }
}

function xinferenceCapabilities(engine: (typeof engines)[number]): Capabilities {
  const described = describeModel(profiles['4.1'], {
    uid: 'my-qwen',
    engine,
    abilities: ['chat', 'tools', 'hybrid'],
    family: 'qwen-chat',
  })
  return new XinferenceDialect(readDescription('my-qwen', described)).capabilities
}

function column(name: string, capabilities: Capabilities): MatrixColumn {
  const { chat = true, completion = true, maxStops = Infinity } = capabilities
  return {
    name,
    routes: {
      ...(chat ? { chat: cellsOf(capabilities, 'chat') } : {}),
      ...(completion ? { completion: cellsOf(capabilities, 'completion') } : {}),
    },
    maxStops,
  }
}

function cellsOf(capabilities: Capabilities, route: Route): Cells {
  const form: Form = route === 'chat' ? 'chat' : 'literal'
  const gaps = gapsOf(capabilities, form)
  const options = caseOptions.map((option) => [option, gaps[option] === undefined] as const)
  const formats = ([...outputFormats, 'json-object'] as const).map(
    (format) => [format, capabilities.constraints?.[route]?.[format] ?? false] as const,
  )
  return Object.fromEntries([...options, ...formats]) as Cells
}
