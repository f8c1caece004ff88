import type { ModelEvent } from '../../index.js'
import { formatTable } from '../table.js'
import { print, say } from './output.js'
import { type ModelsArguments, withClient } from './with-client.js'

export function listEvents(modelUid: string, args: ModelsArguments): Promise<number> {
  return withClient(args, async (client, signal) => {
    const events = await client.listEvents(modelUid, { signal })
    if (args.json) print(JSON.stringify(events.map(({ raw }) => raw)))
    else if (events.length === 0) say(`${client.endpoint} has noted nothing about ${modelUid}.`)
    else print(formatTable(['TIME', 'TYPE', 'EVENT'], events.map(toRow)))
  })
}

function toRow({ time, type, content }: ModelEvent): readonly string[] {
  const at = Number.isNaN(time.getTime()) ? '-' : time.toISOString().replace('.000', '')
  return [at, type, content]
}
