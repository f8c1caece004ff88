import { homedir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { parseLLMSpec } from './llm-spec.js'

describe('parseLLMSpec', () => {
  it.each([
    ['xinference://127.0.0.1:9997/qwen3', 'http://127.0.0.1:9997', 'qwen3'],
    ['xinference://gpu-box/qwen3', 'http://gpu-box:9997', 'qwen3'],
    ['xinference://gpu-box:80/qwen3', 'http://gpu-box', 'qwen3'],
    ['xinference://[::1]:8000/qwen3', 'http://[::1]:8000', 'qwen3'],
    ['xinference+https://models.example.com/qwen3', 'https://models.example.com', 'qwen3'],
    ['xinference+https://example.com:8443/llm/v1/qwen3', 'https://example.com:8443/llm/v1', 'qwen3'],
    ['xinference://gpu-box:1/org%2Fmodel%20x', 'http://gpu-box:1', 'org/model x'],
    ['xinference:qwen3', undefined, 'qwen3'],
    ['xinference:org/model', undefined, 'org/model'],
  ])('reads %s', (spec, endpoint, modelUid) => {
    expect(parseLLMSpec(spec)).toEqual({ kind: 'xinference', endpoint, modelUid })
  })

  it.each([
    ['gguf:model.gguf', 'model.gguf'],
    ['gguf:/models/a:b.gguf', '/models/a:b.gguf'],
    [String.raw`gguf:C:\models\a.gguf`, String.raw`C:\models\a.gguf`],
    ['gguf:~/a.gguf', join(homedir(), 'a.gguf')],
  ])('reads %s', (spec, modelPath) => {
    expect(parseLLMSpec(spec)).toEqual({ kind: 'gguf', modelPath })
  })

  it.each([
    ['http://127.0.0.1:8080', { kind: 'url', baseUrl: 'http://127.0.0.1:8080' }],
    ['https://example.com/v1', { kind: 'url', baseUrl: 'https://example.com/v1' }],
    ['hf:org/model', { kind: 'serverless', modelId: 'org/model', provider: undefined }],
    ['hf:org/model:groq', { kind: 'serverless', modelId: 'org/model', provider: 'groq' }],
    ['hf-endpoint:mine', { kind: 'dedicated', endpointNamespace: undefined, endpointName: 'mine' }],
    ['hf-endpoint:acme/mine', { kind: 'dedicated', endpointNamespace: 'acme', endpointName: 'mine' }],
  ])('reads %s', (spec, expected) => {
    expect(parseLLMSpec(spec)).toEqual(expected)
  })

  it.each([
    ['', /is none of the forms/],
    ['qwen3', /is none of the forms/],
    ['ollama://127.0.0.1/qwen3', /is none of the forms/],
    ['hf:', /names no model of the form ORG\/MODEL/],
    ['hf:gpt2', /names no model of the form ORG\/MODEL/],
    ['hf:org/model:a:b', /names no model of the form ORG\/MODEL/],
    ['hf-endpoint:', /names no endpoint/],
    ['hf-endpoint:a/b/c', /names no endpoint/],
    ['models/a.gguf', /did you mean gguf:models\/a\.gguf\.$/],
    ['gguf:', /has no path/],
    ['xinference:', /has no model uid/],
    ['xinference://127.0.0.1:9997', /has no model uid/],
    ['xinference://127.0.0.1:9997/', /has no model uid/],
    ['xinference://127.0.0.1:99999/a', /holds no valid address/],
    ['xinference:///a', /holds no valid address|has no model uid/],
    ['xinference+https:example.com/a?b=c', /no query/],
    ['xinference://127.0.0.1/a%ZZ', /broken % sequence/],
  ])('refuses %j in one sentence that names the forms', (spec, message) => {
    expect(() => parseLLMSpec(spec)).toThrow(message)
    expect(() => parseLLMSpec(spec)).toThrow('xinference://HOST:PORT/UID')
    expect(() => parseLLMSpec(spec)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it.each(['xinference://me:secret@127.0.0.1/a', 'http://me:secret@127.0.0.1/a', 'xinference://me:secret@a:99999/a'])(
    'does not repeat the password of %s',
    (spec) => {
      expect(() => parseLLMSpec(spec)).toThrow(/^--llm (?!.*secret)/)
    },
  )
})
