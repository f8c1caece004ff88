import type { ApiKey } from '../../index.js'
import { formatTable } from '../table.js'
import { print, say, show, toCell } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

export function listKeys(args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const keys = await client.listApiKeys({ signal })
    if (args.json) print(JSON.stringify(keys.map(({ raw }) => raw)))
    else if (keys.length === 0) say(`There are no API keys at ${client.endpoint}.`)
    else print(formatTable(['ID', 'NAME', 'KEY', 'OWNER', 'STATE', 'EXPIRES'], keys.map(toRow)))
  })
}

export function createKey(name: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const { id, key } = await client.createApiKey(name, { signal })
    show(args, { id, name, key }, key)
    if (!args.json) say(`This is the key ${name} (id ${id}); it is not shown again.`)
  })
}

export function deleteKey(id: number, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    await client.deleteApiKey(id, { signal })
    show(args, { id }, `The key ${id} is deleted.`)
  })
}

function toRow({ id, name, prefix, owner, isEnabled, expiresAt }: ApiKey): readonly string[] {
  return [id, name, `${prefix}...`, owner, isEnabled ? 'enabled' : 'disabled', expiresAt ?? 'never'].map(toCell)
}
