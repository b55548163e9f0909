/**
 * One buzzer as two nodes know it. Each node steps its own copy (core/buzzer-state.ts) and tells the others; here is
 * what a copy becomes when another is heard of. Whatever order they are heard in, all end at the same state: of two
 * requests the newer counts, of one request what lies further along its way.
 */
import type { BuzzerRequest } from './buzzer.ts'
import type { BuzzerPhase, BuzzerState } from './buzzer-state.ts'

const WAY: Readonly<Record<BuzzerPhase, number>> = { hidden: 0, waiting: 1, shown: 2, leaving: 3, idle: 4 }

const newerOf = (one: BuzzerRequest, other: BuzzerRequest): BuzzerRequest => {
  if (one.expiresAt !== other.expiresAt) return one.expiresAt > other.expiresAt ? one : other
  return other.updatedAt > one.updatedAt ? other : one
}

/** A request that was completed stays so, whoever found it lapsed; one that was shown was shown. */
const settled = (one: BuzzerRequest, other: BuzzerRequest): BuzzerRequest => {
  if (one.status === 'completed' || other.status === 'completed')
    return one.status === 'completed' ? one : other
  if ((one.status === 'pending') !== (other.status === 'pending'))
    return one.status === 'pending' ? other : one
  const newer = newerOf(one, other)
  const deliveredAt = newer.deliveredAt ?? one.deliveredAt ?? other.deliveredAt
  return newer.deliveredAt === deliveredAt ? newer : { ...newer, deliveredAt }
}

/** `own` after `heard`; the same object when nothing is new. */
export const mergeBuzzer = (own: BuzzerState, heard: BuzzerState): BuzzerState => {
  if (heard.request === undefined) return own
  if (own.request === undefined || heard.request.id > own.request.id) return heard
  if (heard.request.id < own.request.id) return own
  const phase = WAY[heard.phase] > WAY[own.phase] ? heard.phase : own.phase
  const request = settled(own.request, heard.request)
  return phase === own.phase && request === own.request ? own : { phase, request }
}
