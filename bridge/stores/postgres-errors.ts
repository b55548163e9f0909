import pg from 'pg'
import { BridgeError, isBridgeError } from '../core/errors.ts'
import { classifyPostgresError } from '../core/retry.ts'

/** What the operator can do about it, by SQLSTATE. */
const HINTS: { readonly [sqlstate: string]: string } = {
  '28000': 'check the user in DATABASE_URL and the server’s pg_hba.conf',
  '28P01': 'check user and password in DATABASE_URL',
  '3D000': 'create the database that DATABASE_URL names',
  '25006': 'DATABASE_URL leads to a read-only server; name the primary',
  '42501': 'the user of DATABASE_URL lacks the right: make it the owner of the tables and schema',
  '42P01': 'the tables are missing: the migrations did not run on this database',
  '53100': 'the disk of Postgres is full: free some space',
  '53300': 'raise max_connections of Postgres, or close other clients',
  '55P03': 'another session holds a lock on the table for long',
  '57P03': 'Postgres is starting up or shutting down',
}

const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 500)

/** A refused connection has an empty message and a code (an AggregateError over the addresses tried). */
const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return firstLine(error.message)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

const unavailable = (error: unknown, doing: string): BridgeError => {
  if (!(error instanceof pg.DatabaseError)) {
    const text = `${doing} failed: ${textOf(error)}; check that Postgres runs and that DATABASE_URL leads to it`
    return new BridgeError('STORE_UNAVAILABLE', text, { cause: error })
  }
  const hint = HINTS[error.code ?? '']
  const text = `${doing} failed: ${firstLine(error.message)} (SQLSTATE ${error.code ?? 'unknown'})`
  return new BridgeError('STORE_UNAVAILABLE', hint === undefined ? text : `${text}; ${hint}`, {
    cause: error,
  })
}

/** The SQLSTATE of an error that Postgres sent; undefined for any other (an errno is none). */
export const sqlstateOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined

/** An error of a read: always STORE_UNAVAILABLE. `doing` starts the sentence, e.g. `Reading the devices`. */
export const readError = (error: unknown, doing: string): BridgeError =>
  isBridgeError(error) ? error : unavailable(error, doing)

/** An error of a write: ROW_REFUSED when Postgres refused what a row holds, else STORE_UNAVAILABLE. */
export const writeError = (error: unknown, doing: string): BridgeError => {
  if (isBridgeError(error)) return error
  if (!(error instanceof pg.DatabaseError) || classifyPostgresError(error.code) !== 'refused') {
    return unavailable(error, doing)
  }
  const where = error.where === undefined ? '' : ` at ${firstLine(error.where)}`
  const text = `${firstLine(error.message)}${where} (SQLSTATE ${error.code ?? 'unknown'})`
  return new BridgeError('ROW_REFUSED', `Postgres refused a row: ${text}`, { cause: error })
}
