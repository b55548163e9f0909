/** Why something that came in was not kept. Every loss has one of these and a counter. */
export const DROP_REASONS = [
  'spool-full-qos0', // QoS 0 while the spool or its memory is at its bound
  'spool-damaged', // rows lost to damage of the spool's files
  'stopping-qos0', // QoS 0 that came while Sluice was stopping
  'dead-letter-refused', // a dead letter that Postgres would not even take without its payload
  'store-off-full', // USEDB=false and the spool is at its bound: the oldest rows make room
] as const

export type DropReason = (typeof DROP_REASONS)[number]
