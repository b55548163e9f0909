/** The exchanges recorded on the older backend, read from `test/fixtures/legacy`; their format is section 11 of its document. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON, text, a described body (`$file`, `$multipart`, `$generated`) or the JSON form of a Buffer. */
  readonly body?: unknown
}

export interface RecordedResponse {
  /** Absent when the connection was reset: `error` says so. */
  readonly status?: number
  readonly error?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Recording {
  readonly name: string
  readonly mode: string
  readonly request: RecordedRequest
  readonly response: RecordedResponse
  readonly wsEvents?: readonly unknown[]
  /** JSON paths from the root of the exchange. */
  readonly volatile: readonly string[]
  readonly implementationSpecific?: readonly string[]
}

export interface SocketRecording {
  readonly name: string
  readonly trigger: string
  readonly message: unknown
  readonly volatile: readonly string[]
  readonly [extra: string]: unknown
}

const FIXTURES = join(import.meta.dirname, '..', 'fixtures')

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, 'legacy', name), 'utf8'))

/** All HTTP exchanges in the order in which they were made. */
export const loadRecordings = (): readonly Recording[] => readJson('recordings.json') as readonly Recording[]

export const loadSocketRecordings = (): readonly SocketRecording[] =>
  readJson('ws-recordings.json') as readonly SocketRecording[]

/** The bytes of a frame that the recordings name. */
export const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name.replace(/^fixtures\//, '')))
