import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const question = { messages: [{ role: 'user', content: 'What is the capital of Norway?' }] }
const greedy = { stream: true, temperature: 0, max_tokens: 16 }

/** The requests whose streams are fixtures. */
const requests = {
  chat: ['/v1/chat/completions', { ...question, ...greedy }],
  completion: ['/v1/completions', { prompt: 'The capital of', ...greedy, max_tokens: 4 }],
} as const

/** Writes the bytes of a server's streams into `folder`, as `NAME-chat.sse` and `NAME-completion.sse`. */
export async function recordStreams(url: string, name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [kind, [path, body]] of Object.entries(requests)) {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const file = join(folder, `${name}-${kind}.sse`)
    await writeFile(file, Buffer.from(await response.arrayBuffer()))
    process.stdout.write(`${response.status} ${file}\n`)
  }
}
