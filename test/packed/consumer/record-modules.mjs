// Preloaded by `node --import`: prints the address of every module that is loaded, ES modules as they come and CommonJS
// ones at the end.
import { createRequire, register } from 'node:module'
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const hook = `
  import { writeSync } from 'node:fs'
  export async function load(url, context, nextLoad) {
    writeSync(1, 'loaded ' + url + '\\n')
    return nextLoad(url, context)
  }
`
register(`data:text/javascript,${encodeURIComponent(hook)}`)

const require = createRequire(import.meta.url)
process.on('exit', () => {
  for (const file of Object.keys(require.cache)) writeSync(1, `loaded ${pathToFileURL(file).href}\n`)
})
