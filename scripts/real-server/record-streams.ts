import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

type Body = Readonly<Record<string, unknown>>

const chatPath = '/v1/chat/completions'
const chat = { model: 'demo', stream: true, messages: [{ role: 'user', content: 'What is the capital of Norway?' }] }
const completion = { model: 'demo', stream: true, prompt: 'The capital of', temperature: 0, max_tokens: 4 }

/** Writes the bytes of a server's streams into `folder`, each in a file that begins with `name`. */
export async function recordStreams(url: string, name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const record = async (what: string, path: string, body: Body): Promise<void> => {
    const response = await ask(url + path, body)
    await write(what, Buffer.from(await response.arrayBuffer()))
  }
  const write = async (what: string, bytes: Buffer): Promise<void> => {
    const file = join(folder, `${name}-${what}.sse`)
    await writeFile(file, bytes)
    process.stdout.write(`${file}\n`)
  }
  await record('chat', chatPath, { ...chat, temperature: 0, max_tokens: 16 })
  await record('completion', '/v1/completions', completion)
  if (name.startsWith('transformers')) {
    const sampled = JSON.stringify({ do_sample: true })
    await record('error-chat', chatPath, { ...chat, temperature: -1, generation_config: sampled })
  } else await write('interrupted-chat', await interrupt(url))
}

/** A stream that ends because something else was asked. */
async function interrupt(url: string): Promise<Buffer> {
  const endless = { max_tokens: 400, grammar: 'root ::= [a-z ]+' }
  const { body } = await ask(url + chatPath, { ...chat, ...endless })
  const chunks: Uint8Array[] = []
  let asking: Promise<unknown> | undefined
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      asking ??= fetch(`${url}/v1/models`).then((response) => response.arrayBuffer())
    }
  } catch {
    // The connection is broken off after the last bytes.
  }
  await asking
  return Buffer.concat(chunks)
}

async function ask(url: string, body: Body): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}
