import type { Command } from 'commander'

import { toNumber } from '../command-options.js'
import type { EndpointAction, EndpointsArguments, EndpointWaitArguments } from '../run-endpoints.js'

/** `headrace endpoints`: Hugging Face's dedicated Inference Endpoints. */
export function addEndpointsCommand(program: Command): void {
  const endpoints = program
    .command('endpoints')
    .description("Lists, resumes, pauses and waits for Hugging Face's dedicated Inference Endpoints.")
    .helpCommand('help [command]', 'print the help of a command')
  addServiceOptions(endpoints.command('list').description('Lists the endpoints of a namespace.')).action(
    async (args: EndpointsArguments) => {
      const { listEndpoints } = await import('../run-endpoints.js')
      process.exitCode = await listEndpoints(args)
    },
  )
  addAction(endpoints, 'status', 'Prints the state of an endpoint, and where it answers.')
  addAction(endpoints, 'pause', 'Stops an endpoint: it costs nothing, and does not start by itself.')
  addAction(endpoints, 'scale-to-zero', 'Stops an endpoint until the next request: it costs nothing.')
  const resume = endpoints
    .command('resume')
    .description('Starts an endpoint that is paused or scaled to zero, and waits until it answers.')
    .argument('<name>', 'of the endpoint, or NAMESPACE/NAME')
    .option('--no-wait', 'come back at once')
  addServiceOptions(addTimeoutOption(resume)).action(async (name: string, args: EndpointWaitArguments) => {
    const { resumeEndpoint } = await import('../run-endpoints.js')
    process.exitCode = await resumeEndpoint(name, args)
  })
  const wait = endpoints
    .command('wait')
    .description('Waits until an endpoint answers; starts nothing.')
    .argument('<name>', 'of the endpoint, or NAMESPACE/NAME')
  addServiceOptions(addTimeoutOption(wait)).action(async (name: string, args: EndpointWaitArguments) => {
    const { waitForEndpoint } = await import('../run-endpoints.js')
    process.exitCode = await waitForEndpoint(name, args)
  })
}

function addAction(endpoints: Command, action: EndpointAction, description: string): void {
  const command = endpoints
    .command(action)
    .description(description)
    .argument('<name>', 'of the endpoint, or NAMESPACE/NAME')
  addServiceOptions(command).action(async (name: string, args: EndpointsArguments) => {
    const { actOnEndpoint } = await import('../run-endpoints.js')
    process.exitCode = await actOnEndpoint(action, name, args)
  })
}

function addServiceOptions(command: Command): Command {
  return command
    .option('--namespace <name>', "whose endpoints (default: the key's user)")
    .option('--api-key <key>', 'a token of Hugging Face (default: HF_TOKEN, else what `hf auth login` stored)')
    .option('--management-url <url>', 'of the management API (default: https://api.endpoints.huggingface.cloud/v2)')
    .option('--json', 'print JSON')
}

function addTimeoutOption(command: Command): Command {
  return command.option('--timeout <seconds>', 'how long to wait (default: 600)', toNumber)
}
