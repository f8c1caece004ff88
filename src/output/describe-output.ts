import type { Constraint, JsonMode } from '../contract/structured-output.js'
import type { OutputIssue } from '../errors/invalid-output-error.js'

type Form = Exclude<Constraint, JsonMode>

const mostIssues = 10

/** Asks for the form in words, for a server that does not constrain to it. */
export function describeOutput(form: Form): string {
  switch (form.format) {
    case 'json':
      return `Answer with JSON only, without any other text, that fits this JSON Schema:\n${JSON.stringify(form.schema)}`
    case 'regex':
      return `Answer with nothing but a text that matches this regular expression as a whole:\n${form.pattern}`
    case 'choice':
      return `Answer with nothing but one of these texts, exactly as it is written here:\n${form.choices.join('\n')}`
    case 'grammar':
      return `Answer with nothing but a text that follows this grammar:\n${form.grammar}`
  }
}

/** Asks for a better answer after one that was not valid, and says the form where that was not done before. */
export function describeIssues(form: Form, issues: readonly OutputIssue[], isUntold: boolean): string {
  const lines = issues
    .slice(0, mostIssues)
    .map(({ path, message }) => `- ${path === '' ? message : `${path}: ${message}`}`)
  if (issues.length > mostIssues) lines.push(`- and ${issues.length - mostIssues} more`)
  const request = isUntold ? describeOutput(form) : 'Answer again, with nothing but a valid answer.'
  return `That answer is not valid:\n${lines.join('\n')}\n\n${request}`
}
