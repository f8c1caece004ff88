import { messages, modelUid } from '../workload.js'
import type { CreateSubject } from './subject.js'

export const createHeadrace: CreateSubject = async ({ endpoint, stream, library }) => {
  const { Xinference } = (await import(library)) as typeof import('../../src/index.js')
  const llm = await new Xinference({ endpoint, modelUid, wireMode: 'json' }).load()
  return {
    ask: stream
      ? async () => {
          let text = ''
          for await (const part of llm.streamChat(messages)) text += part.delta
          return text
        }
      : async () => (await llm.chat(messages)).text,
    close: () => llm.unload(),
  }
}
