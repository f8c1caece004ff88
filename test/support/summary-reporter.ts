import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'

/** How a run of tests ended, in numbers. */
interface Summary {
  readonly passed: number
  /** Failed tests, files that could not be loaded, and errors outside of any test. */
  readonly failed: number
  /** Skipped and `todo` tests. */
  readonly skipped: number
}

/** `3 passed, 0 failed`, with `, 1 skipped` where some were. */
function formatSummary({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}

/** Counts every test once, and every failure that belongs to no test, so that a broken run never reads `0 failed`. */
function summarize(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Summary {
  let passed = 0
  let failed = unhandledErrors.length
  let skipped = 0
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failedHere += 1
      else if (state === 'skipped') skipped += 1
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1
    failed += failedHere
  }
  return { passed, failed, skipped }
}

/** Prints the summary as the very last line, alone, for people and for programs that read the end of a log. */
export default class SummaryReporter implements Reporter {
  #watches = false
  #summary: Summary = { passed: 0, failed: 0, skipped: 0 }

  onInit(vitest: Vitest): void {
    this.#watches = vitest.config.watch
    if (this.#watches) return
    process.once('exit', (code) => {
      // What ends vitest without a failed test (a global setup that throws, no test found) is a failure all the same.
      const failed = this.#summary.failed === 0 && code !== 0 ? 1 : this.#summary.failed
      process.stdout.write(`${formatSummary({ ...this.#summary, failed })}\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#summary = summarize(modules, unhandledErrors)
    if (this.#watches) process.stdout.write(`${formatSummary(this.#summary)}\n`)
  }
}
