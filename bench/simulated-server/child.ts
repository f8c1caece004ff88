/** The simulated server in a process of its own: its options are an argument, in JSON. It prints its address and ends with its parent. */
import type { SimulatedServerOptions } from './server-options.js'
import { SimulatedServer } from './simulated-server.js'

const server = await SimulatedServer.start(JSON.parse(process.argv[2] ?? '{}') as SimulatedServerOptions)
process.stdout.write(`${server.url}\n`)
process.stdin.resume().on('end', () => process.exit())
