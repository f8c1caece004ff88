import Database from 'libsql'

/** Holds a run for one process: a transaction that nobody else can begin, and that ends with its process. */
export class RunLock {
  readonly #database: Database.Database

  private constructor(database: Database.Database) {
    this.#database = database
  }

  /** @returns `undefined` when somebody else has it. */
  static take(path: string): RunLock | undefined {
    const database = new Database(path)
    try {
      database.exec('begin exclusive')
      return new RunLock(database)
    } catch (error) {
      database.close()
      if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return undefined
      throw error
    }
  }

  release(): void {
    this.#database.close()
  }
}
