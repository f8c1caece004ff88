import type { Command } from 'commander'

import { addApiKeyOption } from '../command-options.js'
import { specForms } from '../llm-spec.js'
import type { DoctorArguments } from '../run-doctor.js'

/** `headrace doctor`: what is behind an address, and what of it works. */
export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('Says what is behind an address, and which of its promises it keeps, by asking it.')
    .argument('<spec>', specForms)
    .option('--tokenizer <id>', "the model's tokenizer, a folder or a repository of the Hub: looks for a doubled BOS")
    .option('--wake', 'start an endpoint that sleeps, and ask models that are billed for each request')
    .option('--management-url <url>', 'of the management API (default: https://api.endpoints.huggingface.cloud/v2)')
    .option('--router-url <url>', 'of Inference Providers (default: https://router.huggingface.co)')
    .option('--json', 'print one JSON object a line')
  addApiKeyOption(command).action(async (spec: string, args: DoctorArguments) => {
    const { runDoctor } = await import('../run-doctor.js')
    process.exitCode = await runDoctor(spec, args)
  })
}
