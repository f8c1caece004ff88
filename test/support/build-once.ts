import { build, isBuilt } from '../../scripts/build.js'

/**
 * The suites, the examples and the command run what users get: `dist`, built here when it is older than `src`. Types are
 * the business of `npm run check`; here a wrong one is a message, as it is for vitest itself.
 */
export async function setup(): Promise<void> {
  if (!(await isBuilt())) await build({ tolerateTypeErrors: true })
}
