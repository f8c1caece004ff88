import { describe, expect, it } from 'vitest'

import {
  type LLM,
  CallbackManager,
  fromJSON,
  type FromJSONOptions,
  SerializationError,
  version,
  Xinference,
  type XinferenceOptions,
} from '../../src/index.js'

/** Through JSON text and back. */
function roundTrip(llm: LLM, options: FromJSONOptions = {}): LLM {
  return fromJSON(JSON.parse(JSON.stringify(llm)), options)
}

const everything: XinferenceOptions = {
  modelUid: 'my-qwen',
  endpoint: 'http://127.0.0.1:9997/v1',
  temperature: 0.5,
  maxTokens: 100,
  contextWindow: 1000,
  contextWindowRatio: 2.5,
  modelDescription: { id: 'my-qwen', model_type: 'LLM', context_length: null, nested: { a: [1] } },
  systemPrompt: 'Be brief.',
  generationKwargs: { topP: 0.9, stop: ['\n'], tools: [{ name: 'weather' }], extraBody: { a: 1 } },
  timeouts: { connectMs: 5, idleMs: 7 },
  maxRetries: 0,
  waitTimeoutMs: 9,
  wireMode: 'json',
  unsupportedOptions: 'warn',
  caFile: 'ca.pem',
}

describe('toJSON', () => {
  it('gives the class, the version and the configuration', () => {
    expect(new Xinference({ modelUid: 'my-qwen' }).toJSON()).toEqual({
      className: 'Xinference_llm',
      version,
      config: { modelUid: 'my-qwen', endpoint: 'http://127.0.0.1:9997', temperature: 1 },
    })
  })

  it('holds no function, and an environment reference for each secret', () => {
    const json = new Xinference({
      ...everything,
      apiKey: 'MARKED-key',
      headers: { 'X-Org': 'MARKED-org', 'x-known': { env: 'KNOWN' } },
      callbackManager: new CallbackManager(),
      messagesToPrompt: () => '',
      completionToPrompt: () => '',
      outputParser: { parse: (text) => text },
      fetch: async () => new Response(),
    }).toJSON()
    expect(json.config).toEqual({
      ...everything,
      endpoint: 'http://127.0.0.1:9997',
      apiKey: { env: 'XINFERENCE_API_KEY' },
      headers: { 'X-Org': { env: 'HEADRACE_HEADER_X_ORG' }, 'x-known': { env: 'KNOWN' } },
    })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
  })
})

describe('fromJSON', () => {
  it('gives back the same model', () => {
    const llm = new Xinference({ ...everything, apiKey: 'MARKED', headers: { 'x-org': 'MARKED-org' } })
    const copy = roundTrip(llm)
    expect(copy).toBeInstanceOf(Xinference)
    expect(copy).not.toBe(llm)
    expect(copy.toJSON()).toEqual(llm.toJSON())
    expect(roundTrip(copy).toJSON()).toEqual(llm.toJSON())
  })

  it('is on the class as well', () => {
    const llm = Xinference.fromJSON(new Xinference(everything).toJSON())
    expect(llm.modelUid).toBe('my-qwen')
  })

  it('gives back what waits for ever', () => {
    const timeouts = { connectMs: 5, firstTokenMs: Infinity, idleMs: Infinity, totalMs: Infinity }
    const llm = new Xinference({ modelUid: 'x', timeouts, waitTimeoutMs: Infinity })
    expect(roundTrip(llm).toJSON()).toEqual(llm.toJSON())
    expect(llm.toJSON().config).toMatchObject({ timeouts, waitTimeoutMs: Infinity })
  })

  it('takes what JSON cannot hold as options', () => {
    const callbackManager = new CallbackManager()
    const llm = roundTrip(new Xinference(everything), { options: { callbackManager, temperature: 0 } })
    expect(llm.callbackManager).toBe(callbackManager)
    expect(llm.toJSON().config).toMatchObject({ temperature: 0, maxTokens: 100 })
  })

  it('knows classes that are passed in', () => {
    class Mine extends Xinference {
      static override readonly className = 'Mine'
      override readonly className: string = 'Mine'
    }
    const json = JSON.parse(JSON.stringify(new Mine({ modelUid: 'x' }))) as { className: string }
    expect(json.className).toBe('Mine')
    expect(fromJSON(json, { classes: [Mine as never] })).toBeInstanceOf(Mine)
    expect(() => fromJSON(json)).toThrow(/"Mine".*Xinference_llm.*classes/)
  })

  it.each([
    [undefined, /parse a JSON text first/],
    [null, /parse a JSON text first/],
    ['{"className":"Xinference_llm"}', /parse a JSON text first/],
    [[], /class/],
    [{}, /class/],
    [{ className: 'Nobody', config: {} }, /"Nobody"/],
    [{ className: 7 }, /7/],
    [{ class_name: 'OpenAI_llm' }, /"OpenAI_llm"/],
    [{ className: 'constructor' }, /"constructor"/],
  ])('refuses %j', (json, message) => {
    expect(() => fromJSON(json)).toThrow(SerializationError)
    expect(() => fromJSON(json)).toThrow(message)
    expect(() => fromJSON(json)).toThrow(expect.objectContaining({ code: 'NOT_DESERIALIZABLE' }))
  })

  it.each([
    [{ className: 'Xinference_llm', config: { modelUid: 'x', top_p: 1 } }, 'top_p'],
    [{ className: 'Xinference_llm', config: { modelUid: 'x', temperature: 9 } }, 'temperature'],
    [{ className: 'Xinference_llm', config: {} }, 'modelUid'],
    [{ className: 'Xinference_llm' }, 'modelUid'],
  ])('refuses the configuration of %j', (json, option) => {
    expect(() => fromJSON(json)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }))
  })
})

describe("an ancestor's dictionary", () => {
  // As `Xinference(...).to_dict()` of llama-index-llms-xinference 0.5 writes it.
  const dictionary = {
    callback_manager: null,
    system_prompt: 'Be brief.',
    messages_to_prompt: null,
    completion_to_prompt: null,
    output_parser: null,
    pydantic_program_mode: 'default',
    query_wrapper_prompt: null,
    model_uid: 'my-qwen',
    endpoint: 'http://127.0.0.1:9997',
    temperature: 1,
    max_tokens: 512,
    context_window: 2048,
    model_description: { id: 'my-qwen', model_type: 'LLM', context_length: 2048 },
    class_name: 'Xinference_llm',
  }

  function read(json: object): { readonly llm: LLM; readonly warnings: readonly string[] } {
    const warnings: string[] = []
    return { llm: fromJSON(json, { onWarning: (message) => warnings.push(message) }), warnings }
  }

  it('is read', () => {
    const { llm, warnings } = read(dictionary)
    expect(warnings).toEqual([])
    expect(llm.toJSON().config).toEqual({
      modelUid: 'my-qwen',
      endpoint: 'http://127.0.0.1:9997',
      temperature: 1,
      maxTokens: 512,
      contextWindow: 2048,
      modelDescription: dictionary.model_description,
      systemPrompt: 'Be brief.',
    })
  })

  it('is read by the class as well', () => {
    expect(Xinference.fromJSON(dictionary).modelUid).toBe('my-qwen')
    expect(Xinference.readAncestor(dictionary).options).toMatchObject({ modelUid: 'my-qwen' })
  })

  it('tells of each field that has no counterpart', () => {
    const { warnings } = read({ ...dictionary, query_wrapper_prompt: 'x', output_parser: {}, new_field: 1 })
    expect(warnings).toHaveLength(3)
    for (const field of ['query_wrapper_prompt', 'output_parser', 'new_field']) {
      expect(warnings).toContainEqual(expect.stringMatching(new RegExp(`^Xinference_llm: .*${field}`)))
    }
  })

  it('warns through the process where nobody listens', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    fromJSON({ ...dictionary, new_field: 1 })
    expect(await warned).toMatchObject({ name: 'HeadraceWarning', message: expect.stringContaining('new_field') })
  })

  it('is refused when a value is wrong', () => {
    expect(() => read({ ...dictionary, temperature: 5 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('an error', () => {
  it('becomes JSON with what a program needs', () => {
    const error = new SerializationError('Told.', { status: 400, context: { a: 1 }, cause: new Error('inner') })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'SerializationError',
      code: 'NOT_DESERIALIZABLE',
      message: 'Told.',
      isRetryable: false,
      status: 400,
      context: { a: 1 },
    })
    expect(error.cause).toMatchObject({ message: 'inner' })
  })
})
