/** One way of asking, ready to be called over and over. */
export interface Subject {
  /** One request; resolves with the answer's text. */
  ask(): Promise<string>
  close(): Promise<void>
}

export interface SubjectOptions {
  /** `http://127.0.0.1:40000/json`; the routes are below `/v1`. */
  readonly endpoint: string
  /** Whether the answer is to be streamed. */
  readonly stream: boolean
  /** The entry point of the built library, as a file URL. */
  readonly library: string
}

export type CreateSubject = (options: SubjectOptions) => Promise<Subject>
