import { readdir, readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LlamaCpp } from 'headrace/llama-cpp'
import { type LLMServer, serve } from 'headrace/serve'

import { demoModelPath } from '../../examples/support/demo-server.js'
import { Command } from '../cli/command.js'
import { serveModel } from '../cli/serve-model.js'
import { ScriptedModel, type Step } from '../support/scripted-model.js'

const root = new URL('../../', import.meta.url)
const folder = new URL('examples/', root)
const answersFile = new URL('.cache/quickstart/answers.jsonl', root)

function start(file: string, env?: Readonly<Record<string, string>>): Command {
  const tsx = fileURLToPath(new URL('node_modules/tsx/dist/loader.mjs', root))
  return new Command(process.execPath, ['--import', tsx, fileURLToPath(new URL(file, folder))], env)
}

/** One answer of any text, and its tokens. */
function answered(name: RegExp): RegExp {
  return new RegExp(
    `^${name.source} \\[ (?!null)[^]+ \\] \\{ inputTokens: \\[ \\d+ \\], outputTokens: \\[ \\d+ \\] \\}\\n$`,
  )
}

/** What each example prints, as far as it matters. */
const outputs: Readonly<Record<string, RegExp>> = {
  'abort.ts': /^ABORTED "Once there.*"\nleft\n$/,
  'callbacks.ts': /^start: completion .*\npart: {2}"The"\n(part: .*\n)+end: {3}16 tokens\n$/,
  'chat.ts': /^The capital of Norway is Oslo\.\n12 \+ 7 = 19\. \{/,
  'complete.ts': /^\w+ and \w+\.\nOnce there was a \w+ \w+\.\n$/,
  'dataset.ts':
    /^0 ok The capital of Norway is Oslo\.\n1 ok .*\n2 ok .*\n3 rows are safe\n\{"country":"Norway","generation":.*\}\n0 requests\n$/,
  'dedicated.ts': answered(/headrace\/demo/),
  'generate.ts': /^fox \[.*\]\n {2}Once .*fox.*\n {2}Once .*fox.*\nowl (.*\n){3}horse (.*\n){3}$/,
  'llama-cpp.ts': /^demo 1024\n3, 9, 14, 27\. \d+\n$/,
  'magpie.ts': /^5 rows of \d+ candidates; not kept: \{.*\}\n(\S.*\n {2}\S.*\n){5}$/,
  'models.ts': /^demo: LLM, context window of 1024 tokens, chat and generate\ndemo is a demo on llama\.cpp\.\n$/,
  'own-server.ts': /^POST \/v1\/chat\/completions 200\n7 \+ 8 = 15\.\n$/,
  'save-and-load.ts': /^\{\n(?![^]*sk-not)[^]*"env": "XINFERENCE_API_KEY"[^]*\}\nh-o-r-s-e\.\n$/,
  'serverless-schema.ts': /^\{\s+name: ['"`][^]*['"`],\s+last_name: ['"`][^]*['"`],\s+id: -?\d+\s+\}\n$/,
  'serverless.ts': answered(/meta-llama\/Meta-Llama-3\.1-70B-Instruct/),
  'stream.ts': /^Once there was .*\n\(stop; first token after \d+ ms\)\n$/,
  'tgi.ts': answered(/completion/),
}

describe('the examples', () => {
  let llm: LlamaCpp
  let server: LLMServer

  // One server for all of them, as they take a user's own; only those that embed a model load it themselves.
  beforeAll(async () => {
    llm = new LlamaCpp({ modelPath: demoModelPath })
    server = await serve(llm, { port: 0 })
  })

  afterAll(async () => {
    await server.close()
    await llm.unload()
  })

  it('are all tested here, and say in their first line how to run them', async () => {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'quickstart.ts')
    expect(files.toSorted()).toEqual(Object.keys(outputs))
    for (const file of files) {
      const [header] = (await readFile(new URL(file, folder), 'utf8')).split('\n')
      expect(header).toMatch(new RegExp(`^// .*Run: npx tsx examples/${file}`))
    }
  })

  it.each(Object.entries(outputs))('%s', async (file, output) => {
    const { code, stdout, stderr } = await start(file, {
      XINFERENCE_ENDPOINT: server.url,
      XINFERENCE_MODEL_UID: 'demo',
    }).finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(output)
  })
})

describe('the quick start', () => {
  it('shows a chat, a completion, a hundred answers and the speed, and ends by itself', async () => {
    await rm(answersFile, { force: true })
    const { code, stdout, stderr } = await start('quickstart.ts').finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const part of [/1\. A chat/, /2\. A completion/, /3\. generate/, /100\/100/, /4\. Tokens per second/]) {
      expect(stdout).toMatch(part)
    }
    expect(stdout).toMatch(/100 answers, 0 failures\. All are in .*answers\.jsonl/)
    expect(stdout).toMatch(/: \d+ tokens\/s on this machine\.\n/)
    expect(stdout).toMatch(/What next\n(.+\n){3}$/)
    const lines = (await readFile(answersFile, 'utf8')).trimEnd().split('\n')
    const answers = lines.map((line) => JSON.parse(line) as { prompt: string; answer: string })
    expect(answers).toHaveLength(100)
    // 16 answers are made at once: none may hold a piece of another one.
    const spelled = answers.filter(({ prompt }) => prompt.startsWith('Spell the word '))
    const words = spelled.map(({ prompt }) => prompt.slice('Spell the word '.length, -1))
    expect(words).toHaveLength(14)
    expect(spelled.map(({ answer }) => answer)).toEqual(words.map((word) => `${[...word].join('-')}.`))
  }, 60_000)

  it('stops on Ctrl-C', async () => {
    function* slowly(): Iterable<Step> {
      for (let count = 0; count < 500; count++) {
        yield `word${count} `
        yield sleep(20)
      }
    }
    const model = new ScriptedModel(slowly)
    const endpoint = (await serveModel(model)).replace('xinference:', 'http:').replace('/demo', '')
    const command = start('quickstart.ts', { XINFERENCE_ENDPOINT: endpoint, XINFERENCE_MODEL_UID: 'demo' })
    await command.until(/word3/)
    command.child.kill('SIGINT')
    await model.aborted
    expect(await command.finished).toMatchObject({ code: 130, stderr: '\nStopped.\n' })
  })
})
