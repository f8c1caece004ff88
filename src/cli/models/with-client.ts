import type { XinferenceClient, XinferenceClientOptions } from '../../index.js'
import { failureToJSON } from '../answer-json.js'
import { exitCodeOf, reportFailure } from '../failure.js'
import { Interrupt } from '../interrupt.js'
import { readPassword } from '../read-password.js'
import { print } from './output.js'

/** Which server, who asks, and how the answer is shown. */
export interface ModelsArguments {
  readonly endpoint?: string
  readonly apiKey?: string
  readonly username?: string
  readonly json?: boolean
}

/** What a command does; its signal aborts at Ctrl-C. */
export type Act = (client: XinferenceClient, signal: AbortSignal) => Promise<void>

export interface ActOptions {
  /** How long the command gets after Ctrl-C; see {@link Interrupt}. */
  readonly graceMs?: number | undefined
}

/** Runs a command as the user whom its arguments name. @returns the exit code, here and below. */
export async function withClient(args: ModelsArguments, act: Act, options: ActOptions = {}): Promise<number> {
  const { endpoint, apiKey, username } = args
  return withOptions(
    args,
    async () => ({ endpoint, apiKey, username, password: await readPassword(username) }),
    act,
    options,
  )
}

/** As {@link withClient}, with other options for the client. */
export async function withOptions(
  { json }: ModelsArguments,
  readOptions: () => Promise<XinferenceClientOptions>,
  act: Act,
  { graceMs }: ActOptions = {},
): Promise<number> {
  let interrupt: Interrupt | undefined
  let client: XinferenceClient | undefined
  try {
    const options = await readOptions()
    // Only now: while a password is typed, Ctrl-C ends the command.
    interrupt = new Interrupt(graceMs)
    const { XinferenceClient: Client } = await import('../../xinference/client/xinference-client.js')
    client = new Client(options)
    await act(client, interrupt.signal)
    return 0
  } catch (error) {
    if (json) print(JSON.stringify(failureToJSON(error)))
    else if (interrupt?.exitCode === undefined) reportFailure(error)
    return interrupt?.exitCode ?? exitCodeOf(error)
  } finally {
    interrupt?.[Symbol.dispose]()
    await client?.close()
  }
}
