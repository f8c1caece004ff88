import type { CanonicalRequest } from '../../contract/engine.js'

/** `chat_template_kwargs`; `enable_thinking` is how most templates that can switch thinking call the switch. */
export function templateVariables({
  reasoning,
  chatTemplateKwargs,
}: CanonicalRequest['options']): Readonly<Record<string, unknown>> | undefined {
  return reasoning === undefined ? chatTemplateKwargs : { enable_thinking: reasoning, ...chatTemplateKwargs }
}
