import type pg from 'pg'
import type { Credential, CredentialRole, CredentialStore } from '../core/credential.ts'
import { wellFormed } from '../core/well-formed.ts'
import { readError, writeError } from './postgres-errors.ts'

/** A row as selected below; times in epoch ms. */
interface CredentialRow {
  readonly name: string
  readonly role: string
  readonly label: string | null
  readonly type: string | null
  readonly secret_hash: string
  readonly mosquitto_hash: string | null
  readonly created_at: number
  readonly rotated_at: number
  readonly revoked_at: number | null
}

const epochMs = (column: string): string =>
  `floor(extract(epoch FROM ${column}) * 1000)::double precision AS ${column}`

const SELECT = `
  SELECT name, role, label, type, secret_hash, mosquitto_hash,
    ${epochMs('created_at')}, ${epochMs('rotated_at')}, ${epochMs('revoked_at')}
  FROM credentials`

const GET = `${SELECT} WHERE name = $1`
const LIST = `${SELECT} WHERE role = ANY($1) ORDER BY name COLLATE "C"`
const ANY = 'SELECT EXISTS (SELECT FROM credentials WHERE revoked_at IS NULL) AS any'
const ADD = `
  INSERT INTO credentials (name, role, label, type, secret_hash, mosquitto_hash)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (name) DO NOTHING`
const ROTATE = `
  UPDATE credentials SET secret_hash = $2, mosquitto_hash = $3, rotated_at = now(), revoked_at = NULL
  WHERE name = $1`
const REVOKE = 'UPDATE credentials SET revoked_at = coalesce(revoked_at, now()) WHERE name = $1'
const REMOVE = 'DELETE FROM credentials WHERE name = $1'

const textOrNull = (text: string | undefined): string | null => (text === undefined ? null : wellFormed(text))

const toCredential = (row: CredentialRow): Credential => ({
  name: row.name,
  role: row.role as CredentialRole, // the table's CHECK
  ...(row.label !== null && { label: row.label }),
  ...(row.type !== null && { type: row.type }),
  secretHash: row.secret_hash,
  ...(row.mosquitto_hash !== null && { mosquittoHash: row.mosquitto_hash }),
  createdAt: row.created_at,
  rotatedAt: row.rotated_at,
  revokedAt: row.revoked_at,
})

/** Credentials in the database of this pool. `add` throws ROW_REFUSED as well, for a name it cannot hold. */
export const createPostgresCredentials = (pool: pg.Pool): CredentialStore => {
  const read = async <Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<readonly Row[]> => {
    try {
      return (await pool.query<Row>({ name, text, values })).rows
    } catch (error) {
      throw readError(error, 'Reading the credentials')
    }
  }

  /** Whether there was a row to change. */
  const change = async (text: string, values: unknown[]): Promise<boolean> => {
    try {
      return (await pool.query(text, values)).rowCount === 1
    } catch (error) {
      throw writeError(error, 'Changing a credential')
    }
  }

  return {
    add: ({ name, role, label, type, secretHash, mosquittoHash }) =>
      change(ADD, [name, role, textOrNull(label), textOrNull(type), secretHash, mosquittoHash ?? null]),
    rotate: (name, secretHash, mosquittoHash) => change(ROTATE, [name, secretHash, mosquittoHash ?? null]),
    revoke: (name) => change(REVOKE, [name]),
    remove: (name) => change(REMOVE, [name]),
    get: async (name) => (await read<CredentialRow>('credentials-get', GET, [name])).map(toCredential)[0],
    list: async (roles) => (await read<CredentialRow>('credentials-list', LIST, [roles])).map(toCredential),
    any: async () => (await read<{ any: boolean }>('credentials-any', ANY, []))[0]?.any === true,
  }
}
