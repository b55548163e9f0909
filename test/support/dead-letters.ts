/** Dead letters put into the table by SQL, as if an older version had refused what is fine today. */
import type { FreshDatabase } from './database.ts'

export interface GivenLetter {
  readonly payload: string | Uint8Array
  readonly receivedAt: number
  readonly deviceId?: string | null
  readonly topic?: string
  readonly reason?: string
  readonly detail?: string
}

const INSERT = `
  INSERT INTO dead_letters (received_at, topic, client_id, device_id, reason, detail, payload)
  SELECT to_timestamp(received_ms / 1000), topic, 'client', device_id, reason, detail, payload
  FROM unnest($1::double precision[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
    WITH ORDINALITY AS given (received_ms, topic, device_id, reason, detail, payload, nr)
  ORDER BY nr
  RETURNING id::double precision AS id`

/** Their ids, in the order given. */
export const bury = async (database: FreshDatabase, letters: readonly GivenLetter[]): Promise<number[]> => {
  const deviceOf = ({ deviceId }: GivenLetter) => (deviceId === undefined ? 'a' : deviceId)
  const { rows } = await database.pool.query<{ id: number }>(INSERT, [
    letters.map(({ receivedAt }) => receivedAt),
    letters.map((letter) => letter.topic ?? `sensors/${deviceOf(letter)}/data`),
    letters.map(deviceOf),
    letters.map(({ reason }) => reason ?? 'bad-value'),
    letters.map(({ detail }) => detail ?? 'refused by older rules'),
    letters.map(({ payload }) => Buffer.from(payload)),
  ])
  return rows.map(({ id }) => id).sort((a, b) => a - b)
}
