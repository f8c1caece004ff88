import type { Command } from 'commander'

import type { RunsArguments } from '../run-runs.js'

/** `headrace runs`: what runs there are, and what became of their rows. */
export function addRunsCommand(program: Command): void {
  const runs = program
    .command('runs')
    .description('Lists the runs of `headrace generate`, and looks into them.')
    .helpCommand('help [command]', 'print the help of a command')
  runs
    .command('list', { isDefault: true })
    .description('Lists the runs in a folder.')
    .argument('[folder]', 'where to look', '.')
    .option('--json', 'print JSON')
    .action(async (folder: string, args: RunsArguments) => {
      const { listRuns } = await import('../run-runs.js')
      process.exitCode = await listRuns(folder, args)
    })
  runs
    .command('show')
    .description('Shows how the rows of a run ended, why, how long they took and what they cost.')
    .argument('<run>', "a run's folder")
    .option('--json', 'print JSON')
    .action(async (folder: string, args: RunsArguments) => {
      const { showRun } = await import('../run-runs.js')
      process.exitCode = await showRun(folder, args)
    })
}
