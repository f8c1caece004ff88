import type { ChatRole } from '../contract/message.js'
import { InvalidOptionError } from '../errors/invalid-option-error.js'
import { RowTemplate } from './row-template.js'
import type { Row, Task, TaskRequest } from './task.js'

/** A message of a template task: its content is a Jinja template over the row's columns. */
export interface TemplateMessage {
  readonly role: ChatRole
  readonly content: string
}

export interface TemplateTaskOptions {
  /** The user's message: a Jinja template over the row's columns. Give this or {@link messages}. */
  readonly template?: string | undefined
  /** The whole conversation. */
  readonly messages?: readonly TemplateMessage[] | undefined
  /** The system message, a template as well; with {@link template}. */
  readonly system?: string | undefined
  /** Continue what {@link template} renders as literal text, without a chat template. @defaultValue false */
  readonly raw?: boolean | undefined
}

/**
 * Asks what Jinja templates make of a row: `templateTask({ template: 'Translate to {{ language }}: {{ text }}' })`.
 *
 * @throws InvalidOptionError `INVALID_OPTION`; a template that is not valid is reported when the run begins.
 */
export function templateTask(options: TemplateTaskOptions): Task {
  const { template, messages, system, raw = false } = options
  if ((template === undefined) === (messages === undefined)) {
    throw new InvalidOptionError('templateTask takes either template or messages.', { option: 'template' })
  }
  if (system !== undefined && (messages !== undefined || raw)) {
    throw new InvalidOptionError('system goes with template, as a conversation: leave out messages and raw.', {
      option: 'system',
    })
  }
  if (raw && messages !== undefined) {
    throw new InvalidOptionError('raw continues one text: give template instead of messages.', { option: 'raw' })
  }
  const sources: readonly TemplateMessage[] = messages ?? [
    ...(system === undefined ? [] : [{ role: 'system', content: system } as const]),
    { role: 'user', content: template ?? '' },
  ]
  if (sources.length === 0) throw new InvalidOptionError('messages must not be empty.', { option: 'messages' })
  let compiled: readonly { readonly role: ChatRole; readonly template: RowTemplate }[] | undefined
  return {
    name: 'template',
    config: { messages: sources.map(({ role, content }) => ({ role, content })), ...(raw ? { raw } : {}) },
    async prepare() {
      const { Template } = await import('@huggingface/jinja')
      compiled = sources.map(({ role, content }) => ({
        role,
        template: new RowTemplate(Template, content, nameOf(role, messages)),
      }))
    },
    render(row: Row): TaskRequest {
      if (compiled === undefined) throw new Error('prepare() comes before render().')
      const rendered = compiled.map(({ role, template: own }) => ({ role, content: own.render(row) }))
      return { input: raw ? (rendered[0]?.content ?? '') : rendered }
    },
  }
}

function nameOf(role: ChatRole, messages: TemplateTaskOptions['messages']): string {
  if (messages !== undefined) return `The template of the ${role} message`
  return role === 'system' ? 'system' : 'template'
}
