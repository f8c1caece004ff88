import { readNewPassword } from '../read-password.js'
import { show } from './output.js'
import { type ModelsArguments, withOptions } from './with-client.js'

export interface SetupArguments extends Omit<ModelsArguments, 'apiKey' | 'username'> {
  readonly setupToken?: string
}

/** Makes the first user of a server. */
export function setUp(username: string, args: SetupArguments): Promise<number> {
  const { endpoint, setupToken } = args
  let password = ''
  return withOptions(
    args,
    async () => {
      password = await readNewPassword(username)
      // Nobody can log in yet.
      return { endpoint }
    },
    async (client, signal) => {
      await client.setUp({ username, password, setupToken }, { signal })
      show(args, { username }, `${username} is the first user of ${client.endpoint}.`)
    },
  )
}
