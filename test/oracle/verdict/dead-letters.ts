import type { PlayedFault } from '../timeline.ts'
import { momentOf } from '../timeline.ts'
import type { Unreadable } from '../traffic-log.ts'
import type { DeadLetterRow } from './evidence.ts'

export interface DeadLetterFindings {
  /** Acked messages without a dead letter. */
  readonly missing: readonly { readonly text: string; readonly ackedAtMs: number }[]
  readonly problems: readonly string[]
}

/**
 * An unreadable message that was acked is a dead letter. It may be as many as it was sent, no more: nothing tells
 * a resend of it from another one.
 */
export const judgeDeadLetters = (
  letters: readonly DeadLetterRow[],
  sent: ReadonlyMap<string, Unreadable>,
  played: readonly PlayedFault[],
): DeadLetterFindings => {
  const counts = new Map<string, number>()
  for (const { payload } of letters) counts.set(payload, (counts.get(payload) ?? 0) + 1)
  const problems: string[] = []
  for (const [payload, count] of counts) {
    const message = sent.get(payload)
    if (message === undefined) problems.push(`foreign dead letter: ${payload}`)
    else if (count > message.times) {
      problems.push(`doubled dead letter: ${payload} was sent ${message.times} times, there are ${count}`)
    }
  }
  for (const { payload, reason } of letters) {
    if (reason !== 'bad-json') problems.push(`dead letter for the wrong reason, ${reason}: ${payload}`)
  }
  const missing = [...sent.values()].flatMap(({ payload, deviceId, acked }) => {
    if (acked === null || counts.has(payload)) return []
    const when = `${acked.how} ${momentOf(acked.atMs, played)}`
    return [{ text: `lost dead letter of ${deviceId}, ${when}: ${payload}`, ackedAtMs: acked.atMs }]
  })
  return { missing, problems }
}
