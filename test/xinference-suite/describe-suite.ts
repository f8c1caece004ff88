import { describe, expect, it } from 'vitest'

import { accountChecks, banChecks } from './account-checks.js'
import { type Check, expectedOf } from './check.js'
import { answerChecks } from './answer-checks.js'
import { classChecks } from './client-checks.js'
import { modelChecks } from './model-checks.js'
import { openChecks } from './open-checks.js'
import { refusalChecks } from './refusal-checks.js'
import type { SuiteTarget } from './target.js'

/** All checks, by what they are about. The bans are the last. */
export const parts: Readonly<Record<string, readonly Check[]>> = {
  'paths and what is open to all': openChecks,
  'accounts and keys': accountChecks,
  'running models': modelChecks,
  answers: answerChecks,
  refusals: refusalChecks,
  'the classes': classChecks,
  bans: banChecks,
}

/** Asks a server all that both must answer as declared. */
export function describeSuite(target: () => SuiteTarget): void {
  describe.each(Object.entries(parts))('%s', (_name, checks) => {
    it.each(checks)('$name', async (check) => {
      expect(await check.run(target())).toEqual(expectedOf(check, target().side))
    })
  })
}
