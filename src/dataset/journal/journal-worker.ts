// The thread of a run's journal: it does what it is told, one thing after the other.
import { parentPort } from 'node:worker_threads'

import { JournalDatabase } from './journal-database.js'
import type { AnswerPage, JournalCommands } from './journal-types.js'
import { RunLock } from './run-lock.js'

let database: JournalDatabase | undefined
let lock: RunLock | undefined

function opened(): JournalDatabase {
  if (database === undefined) throw new Error('The journal is not open.')
  return database
}

const commands: JournalCommands = {
  open(path, lockPath) {
    lock = RunLock.take(lockPath)
    if (lock === undefined) throw Object.assign(new Error('locked'), { code: 'LOCKED' })
    database = new JournalDatabase(path)
  },
  commit: (group) => opened().commit(group),
  page: (first, end) => opened().page(first, end),
  ids: (first, limit) => opened().ids(first, limit),
  get: (name) => opened().get(name),
  output: (value, verdicts, seen) => opened().output(value, verdicts, seen),
  seen: () => opened().seen(),
  clearVerdicts: () => opened().clearVerdicts(),
  chunks: () => opened().chunks(),
  dropFailed: (progress, output) => opened().dropFailed(progress, output),
  reset: () => opened().reset(),
  close() {
    try {
      database?.close()
    } finally {
      lock?.release()
      database = undefined
      lock = undefined
    }
  },
}

parentPort?.on('message', ([name, parameters]: [keyof JournalCommands, readonly unknown[]]) => {
  try {
    const command = commands[name] as (...all: readonly unknown[]) => unknown
    const value = command(...parameters)
    parentPort?.postMessage([true, value], name === 'page' ? [(value as AnswerPage).bytes.buffer as ArrayBuffer] : [])
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string }
    parentPort?.postMessage([false, { code, message }])
  }
  if (name === 'close') parentPort?.close()
})
