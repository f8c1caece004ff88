/**
 * The clients that people use today, each as its documentation shows it, with retries and defaults as they come. They
 * are installed apart from the package, so only the slice of each that is called has a type here.
 */
import { maxTokens, messages, modelUid } from '../workload.js'
import type { CreateSubject } from './subject.js'

/** Keeps the compiler and the linter from looking for a package that may not be installed. */
async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T
}

const close = async (): Promise<void> => undefined
const apiKey = 'none'
const temperature = 1

interface ChatAnswer {
  readonly choices: readonly { readonly message: { readonly content?: string | null } }[]
}

type Arguments = Readonly<Record<string, unknown>>

interface OpenAIModule {
  readonly default: new (options: Arguments) => {
    readonly chat: { readonly completions: { create(body: Arguments): Promise<ChatAnswer> } }
  }
}

export const createOpenAI: CreateSubject = async ({ endpoint }) => {
  const { default: OpenAI } = await load<OpenAIModule>('openai')
  const client = new OpenAI({ baseURL: `${endpoint}/v1`, apiKey })
  const body = { model: modelUid, messages, max_tokens: maxTokens, temperature }
  return { ask: async () => (await client.chat.completions.create(body)).choices[0]?.message.content ?? '', close }
}

interface HuggingFaceModule {
  readonly InferenceClient: new (
    accessToken: string,
    options: Arguments,
  ) => { chatCompletion(body: Arguments): Promise<ChatAnswer> }
}

export const createHuggingFace: CreateSubject = async ({ endpoint }) => {
  const { InferenceClient } = await load<HuggingFaceModule>('@huggingface/inference')
  const client = new InferenceClient(apiKey, { endpointUrl: endpoint })
  const body = { model: modelUid, messages, max_tokens: maxTokens, temperature }
  return { ask: async () => (await client.chatCompletion(body)).choices[0]?.message.content ?? '', close }
}

interface AiModule {
  generateText(options: Arguments): Promise<{ readonly text: string }>
}

interface AiProviderModule {
  createOpenAICompatible(options: Arguments): { chatModel(id: string): unknown }
}

export const createAiSdk: CreateSubject = async ({ endpoint }) => {
  const { generateText } = await load<AiModule>('ai')
  const { createOpenAICompatible } = await load<AiProviderModule>('@ai-sdk/openai-compatible')
  const model = createOpenAICompatible({ name: 'bench', baseURL: `${endpoint}/v1` }).chatModel(modelUid)
  const options = { model, messages, maxOutputTokens: maxTokens, temperature }
  return { ask: async () => (await generateText(options)).text, close }
}

interface LangChainModule {
  readonly ChatOpenAI: new (options: Arguments) => { invoke(messages: unknown): Promise<{ readonly text: string }> }
}

export const createLangChain: CreateSubject = async ({ endpoint }) => {
  const { ChatOpenAI } = await load<LangChainModule>('@langchain/openai')
  const configuration = { baseURL: `${endpoint}/v1` }
  const model = new ChatOpenAI({ model: modelUid, apiKey, maxTokens, temperature, configuration })
  return { ask: async () => (await model.invoke(messages)).text, close }
}

interface LlamaIndexModule {
  readonly OpenAI: new (options: Arguments) => {
    chat(parameters: Arguments): Promise<{ readonly message: { readonly content: unknown } }>
  }
}

export const createLlamaIndex: CreateSubject = async ({ endpoint }) => {
  const { OpenAI } = await load<LlamaIndexModule>('@llamaindex/openai')
  const model = new OpenAI({ model: modelUid, apiKey, maxTokens, temperature, baseURL: `${endpoint}/v1` })
  return { ask: async () => String((await model.chat({ messages })).message.content), close }
}
