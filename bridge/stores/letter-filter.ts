/** Which dead letters are meant. What is absent does not narrow the choice: `{}` means all of them. */
export interface LetterFilter {
  readonly ids?: readonly number[] | undefined
  readonly deviceId?: string | undefined
  readonly reason?: string | undefined
  /** Epoch ms: received at or after. */
  readonly since?: number | undefined
  /** Epoch ms: received before. */
  readonly until?: number | undefined
}

/** The condition for `dead_letters`; its parameters are `$1` … `$5`, given by `filterValues`. */
export const FILTER = `
  ($1::bigint[] IS NULL OR dead_letters.id = ANY($1)) AND ($2::text IS NULL OR device_id = $2)
  AND ($3::text IS NULL OR reason = $3)
  AND ($4::double precision IS NULL OR received_at >= to_timestamp($4 / 1000))
  AND ($5::double precision IS NULL OR received_at < to_timestamp($5 / 1000))`

export const filterValues = (filter: LetterFilter): readonly unknown[] => [
  filter.ids ?? null,
  filter.deviceId ?? null,
  filter.reason ?? null,
  filter.since ?? null,
  filter.until ?? null,
]
