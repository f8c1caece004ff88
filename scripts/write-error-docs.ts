/** `tsx scripts/write-error-docs.ts` writes docs/errors.md from the catalogue; a test fails while it is not current. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { errorCatalogue } from '../src/errors/catalogue.js'

export const errorDocs: string = fileURLToPath(new URL('../docs/errors.md', import.meta.url))

const introduction = `# Errors

<!-- Written by scripts/write-error-docs.ts from src/errors/catalogue.ts; change it there. -->

Every failure of Headrace is a \`HeadraceError\`. Its class and its \`code\` are stable; the message is for people and may change.

\`\`\`ts
try {
  await llm.complete('Name two colors.')
} catch (error) {
  if (!isHeadraceError(error)) throw error
  if (error.code === 'MODEL_NOT_FOUND') console.error('Launch it first.')
  else console.error(error.message, error.partial?.text)
}
\`\`\`

| member         | what it says                                                                           |
| -------------- | -------------------------------------------------------------------------------------- |
| \`code\`         | one of the codes below                                                                 |
| \`message\`      | one sentence: what failed, with which value, what to do; never a secret                |
| \`isRetryable\`  | whether the same request may succeed a little later; calls send it again by themselves |
| \`isFatal\`      | whether every other request to this server would fail in the same way                  |
| \`status\`       | the HTTP status, where there was one                                                   |
| \`retryAfterMs\` | what the server asks to wait                                                           |
| \`partial\`      | the text, reasoning and usage that had arrived, on errors of calls that had begun      |
| \`context\`      | safe facts for programs                                                                |
| \`cause\`        | what the system or a library reported                                                  |

Some classes have more: \`option\` of the errors of options, \`available\` of \`ModelNotFoundError\`, \`phase\` of \`TimeoutError\`,
\`issues\` of \`InvalidOutputError\`.
`

/** The text of docs/errors.md. */
export function renderErrorDocs(): string {
  const sections = Object.entries(errorCatalogue).map(
    ([code, { className, meaning, action }]) => `\n## ${code}\n\n\`${className}\`: ${meaning}\n\n${action}\n`,
  )
  return introduction + sections.join('')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(errorDocs, renderErrorDocs())
