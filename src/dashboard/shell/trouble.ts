/** What to tell of the connection, if anything. */

import type { LiveState } from '../live/live-client.ts'
import type { Reach } from '../reach.ts'

export interface Trouble {
  readonly level: 'note' | 'warning' | 'error'
  readonly text: string
}

/** `time` writes a moment of this machine's clock. */
export const trouble = (live: LiveState, reach: Reach, time: (at: number) => string): Trouble | undefined => {
  if (reach.kind === 'failing') {
    const { problem } = reach
    if (problem.kind === 'missing')
      return {
        level: 'error',
        text: 'This server does not list its devices for the page: it is of another version.',
      }
    if (problem.kind === 'forbidden')
      return { level: 'error', text: 'You may not read values here: sign in as a user of another role.' }
    if (live.kind === 'live')
      return {
        level: 'warning',
        text: `${problem.message}. Live values go on; the list is of ${time(reach.since)}.`,
      }
    return {
      level: 'error',
      text: `No connection to Sluice since ${time(reach.since)}: ${problem.message.toLowerCase()}. What is shown is of then; trying again.`,
    }
  }
  if (live.kind === 'lost')
    return {
      level: 'warning',
      text: `The live connection was lost at ${time(live.since)}. Values are asked for every few seconds until it is back.`,
    }
  if (live.kind === 'unavailable')
    return {
      level: 'note',
      text: 'The broker is another program (BROKER_URL), which pages cannot listen to: values are asked for every few seconds.',
    }
  return undefined
}
