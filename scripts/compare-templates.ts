/**
 * `npm run test:templates`: the chat templates of real models, rendered here and by Python's transformers, byte by byte.
 *
 * Installs `scripts/compare-templates/requirements.txt` into a virtual environment under `.cache` (once, 350 MB), downloads
 * Xinference's wheel there for the templates in its catalogue, and renders each distinct one with every conversation of
 * `scripts/compare-templates/conversations.ts`. Fails when fewer than 99 % are equal. No template is kept outside `.cache`.
 *
 * - `--json`: prints the figures and all differences as JSON.
 * - `--require`: fail where Python or a package cannot be had, instead of saying so and ending well.
 *
 * `HEADRACE_PYTHON` names the Python to make the environment with.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ChatTemplate } from '../src/template/chat-template.js'
import { toTemplateMessages, toTemplateTools } from '../src/template/template-messages.js'
import { type Conversation, conversations } from './compare-templates/conversations.js'
import { knownDifferences } from './compare-templates/known-differences.js'
import { orUnavailable, preparePython, Unavailable } from './python-environment.js'

interface CatalogueTemplate {
  readonly models: readonly string[]
  readonly template: string
}

/** What a template makes of a conversation: text, or a refusal. */
interface Rendering {
  readonly text?: string
  readonly error?: string
}

interface Difference {
  readonly model: string
  readonly conversation: string
  readonly reason: string | undefined
  readonly ours: Rendering
  readonly theirs: Rendering
}

const root = fileURLToPath(new URL('..', import.meta.url))
const parts = join(root, 'scripts', 'compare-templates')
const cache = join(root, '.cache', 'templates')
const xinference = '4.1.0'
const wheel = join(cache, `xinference-${xinference}-py3-none-any.whl`)
const leastEqual = 0.99
const specialTokens = { bos_token: '<BOS>', eos_token: '<EOS>', unk_token: '<UNK>', pad_token: '<PAD>' }

/** The Python of an environment with transformers, which is installed if need be. */
async function findPython(): Promise<string> {
  const python = await preparePython(cache, join(parts, 'requirements.txt'))
  if (!existsSync(wheel)) {
    const pip = ['-m', 'pip', 'download', '--no-deps', '--dest', cache, `xinference==${xinference}`]
    await orUnavailable("Xinference's wheel could not be downloaded", python, ...pip)
  }
  return python
}

function runPython(python: string, script: string, argument: string, input: unknown): unknown {
  const { status, stdout, stderr, error } = spawnSync(python, [join(parts, script), argument], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: Infinity,
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  })
  if (status !== 0) throw new Error(`${script} failed: ${error?.message ?? stderr}`)
  return JSON.parse(stdout)
}

function toPython({
  messages,
  tools,
  variables,
  addGenerationPrompt = true,
  continueFinalMessage = false,
}: Conversation): unknown {
  return {
    messages: toTemplateMessages(messages),
    tools: tools === undefined ? null : toTemplateTools(tools),
    variables: variables ?? {},
    continueFinalMessage,
    addGenerationPrompt: addGenerationPrompt && !continueFinalMessage,
  }
}

function render(template: ChatTemplate, conversation: Conversation): Rendering {
  try {
    return { text: template.render(conversation) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function compare(
  templates: readonly CatalogueTemplate[],
  theirs: readonly (readonly Rendering[])[],
): { readonly refusedByBoth: number; readonly differences: readonly Difference[] } {
  let refusedByBoth = 0
  const differences: Difference[] = []
  for (const [row, { models, template }] of templates.entries()) {
    const ours = new ChatTemplate(template, specialTokens)
    for (const [column, conversation] of conversations.entries()) {
      const our = render(ours, conversation)
      const their = theirs[row]?.[column] ?? {}
      if (our.error !== undefined && their.error !== undefined) refusedByBoth++
      else if (our.text === undefined || our.text !== their.text) {
        const [model = ''] = models
        const known = knownDifferences.find((each) => each.model === model && each.conversation === conversation.name)
        differences.push({ model, conversation: conversation.name, reason: known?.reason, ours: our, theirs: their })
      }
    }
  }
  return { refusedByBoth, differences }
}

/** What the two wrote from where they part. */
function excerpts({ ours, theirs }: Difference): string {
  const [our = `refused: ${ours.error}`, their = `refused: ${theirs.error}`] = [ours.text, theirs.text]
  let start = 0
  while (start < our.length && our[start] === their[start]) start++
  const cut = (text: string): string => JSON.stringify(text.slice(Math.max(0, start - 20), start + 60))
  return `  here:         ${cut(our)}\n  transformers: ${cut(their)}\n`
}

async function main(options: readonly string[]): Promise<number> {
  try {
    if (process.platform === 'win32') throw new Unavailable('it needs Linux or macOS')
    const python = await findPython()
    const templates = runPython(python, 'catalogue.py', wheel, null) as readonly CatalogueTemplate[]
    const theirs = runPython(python, 'render.py', '', {
      templates: templates.map(({ template }) => template),
      conversations: conversations.map(toPython),
      specialTokens,
    }) as readonly (readonly Rendering[])[]
    const { refusedByBoth, differences } = compare(templates, theirs)
    const comparisons = templates.length * conversations.length
    const equal = 1 - differences.length / comparisons
    const figures = {
      templates: templates.length,
      conversations: conversations.length,
      comparisons,
      refusedByBoth,
      equal,
    }
    if (options.includes('--json')) process.stdout.write(`${JSON.stringify({ ...figures, differences }, null, 2)}\n`)
    else {
      for (const difference of differences) {
        const { model, conversation, reason = 'not explained' } = difference
        process.stdout.write(`${model}, ${conversation}: ${reason}\n${excerpts(difference)}`)
      }
      process.stdout.write(
        `${templates.length} templates x ${conversations.length} conversations: ${(100 * equal).toFixed(2)} % of ${comparisons} are equal (${refusedByBoth} are refused by both).\n`,
      )
    }
    return equal < leastEqual ? 1 : 0
  } catch (error) {
    const isSkipped = error instanceof Unavailable && !options.includes('--require')
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(isSkipped ? `skipped: no template was compared, ${reason}.\n` : `${reason}\n`)
    return isSkipped ? 0 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
