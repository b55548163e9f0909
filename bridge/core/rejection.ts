/** Why a message was refused. Bad input is a value, not an exception: it is counted and dead-lettered. */
export const REJECTION_REASONS = [
  'bad-device-id', // the id in the topic or body breaks the rule in device-id.ts
  'wrong-device-id', // the body names another device than the topic
  'too-large', // over the payload limit
  'bad-encoding', // not UTF-8
  'bad-json', // not JSON
  'bad-shape', // neither an object nor an array of objects, or an empty one
  'too-many-readings', // over the limit for one message
  'bad-value', // a metric or field of the wrong type, or not finite
  'too-many-custom', // over the limit of custom keys, or nested too deep
  'not-a-jpeg', // a picture that is none
  'too-small', // under the least a picture can be
  'refused-by-postgres', // the row itself was refused by the database
] as const

export type RejectionReason = (typeof REJECTION_REASONS)[number]

export interface Rejection {
  readonly reason: RejectionReason
  /** One sentence for the board's developer: what was wrong, and where. */
  readonly detail: string
}
