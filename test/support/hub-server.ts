import { json, whole } from './http-bytes.js'
import { type Answer, type RecordedRequest, type Script, ScriptedServer } from './scripted-server.js'

export const hubCommit: string = '0123456789abcdef0123456789abcdef01234567'

/** A small Hub with one repository, `org/model`, of one commit; `routes` come before its own. */
export function startHub(
  files: Readonly<Record<string, string>>,
  routes: Readonly<Record<string, Answer>> = {},
): Promise<ScriptedServer> {
  return ScriptedServer.start({ routes: { ...routes, '*': hubAnswer(files) } })
}

/** What the Hub of {@link startHub} answers. */
export function hubAnswer(files: Readonly<Record<string, string>>): (request: Pick<RecordedRequest, 'path'>) => Script {
  return ({ path }) => {
    const tree = /^\/api\/models\/org\/model\/tree\/(\w+)\/(.+)$/.exec(path)
    if (tree !== null) {
      const folder = `${tree[2]}/`
      const paths = Object.keys(files).filter((file) => file.startsWith(folder))
      if (paths.length === 0) return json(404, { error: 'Entry not found' }, { 'x-error-code': 'EntryNotFound' })
      return json(
        200,
        paths.map((file) => ({ type: 'file', path: file })),
      )
    }
    const file = /^\/org\/model\/resolve\/(?:main|v1|0123456789abcdef0123456789abcdef01234567)\/(.+)$/.exec(path)?.[1]
    const text = file === undefined ? undefined : files[file]
    if (file === undefined) return json(401, { error: 'Invalid credentials' }, { 'x-error-code': 'RepoNotFound' })
    const headers = { 'x-repo-commit': hubCommit }
    if (text === undefined) return json(404, {}, { ...headers, 'x-error-code': 'EntryNotFound' })
    return whole(200, 'text/plain', text, { ...headers, etag: `"${etagOf(file)}"` })
  }
}

/** Forty hexadecimal digits, as the Hub gives for small files. */
export function etagOf(file: string): string {
  return Buffer.from(file).toString('hex').padEnd(40, '0').slice(0, 40)
}
