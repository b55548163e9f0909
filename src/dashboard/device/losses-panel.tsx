import { useState } from 'preact/hooks'
import { numbers } from '../format/numbers.ts'
import { moments } from '../format/times.ts'
import { type Fact, Facts, Panel } from '../system/panel.tsx'
import { reasonWords } from './dead-letter-words.ts'
import type { DeadLetter, DeviceDetail } from './device-answer.ts'

/** So many are shown at first. */
const FIRST = 5

const percent = (ratio: number): string => `${numbers.value(ratio * 100)} %`

/** What came of this device since Sluice started, and what never did. */
export const ReceivedPanel = ({ detail }: { readonly detail: DeviceDetail }) => {
  const { received, deduplicated, deadLettered, missing, lossRatio } = detail
  const isCounted = missing !== null && lossRatio !== null
  const lost: readonly Fact[] = isCounted
    ? [
        ['Missing', numbers.count(missing)],
        [
          'Lost',
          <span key="lost" class={missing > 0 ? 'some-lost' : ''}>
            {percent(lossRatio)}
          </span>,
        ],
      ]
    : []
  const facts: readonly Fact[] = [
    ['Readings received', numbers.count(received)],
    ['Sent twice', numbers.count(deduplicated)],
    ['Could not be kept', numbers.count(deadLettered)],
    ...lost,
  ]
  return (
    <Panel title="Since Sluice started">
      <Facts facts={facts} />
      {!isCounted && (
        <p class="hint">The board sends no sequence numbers, so what is lost on its way cannot be counted.</p>
      )}
    </Panel>
  )
}

const Letter = ({ letter }: { readonly letter: DeadLetter }) => (
  <li>
    <time>{moments.moment(letter.receivedAt)}</time>
    <p>
      <strong>{reasonWords(letter.reason)}</strong>
      <span class="letter-detail">{letter.detail}</span>
    </p>
    <code>{letter.topic}</code>
  </li>
)

/** The newest messages of this device that could not be kept, and why. */
export const DeadLettersPanel = ({ detail }: { readonly detail: DeviceDetail }) => {
  const { deadLetters, unavailable } = detail
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? deadLetters : deadLetters?.slice(0, FIRST)
  return (
    <Panel title="Dead letters">
      {deadLetters === null && <p class="hint">{unavailable.deadLetters ?? 'They cannot be read now.'}</p>}
      {deadLetters?.length === 0 && <p class="hint">None: every message could be read.</p>}
      {shown != null && shown.length > 0 && (
        <ul class="letters">
          {shown.map((letter) => (
            <Letter key={letter.id} letter={letter} />
          ))}
        </ul>
      )}
      {deadLetters !== null && deadLetters.length > FIRST && (
        <button type="button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? `Show the newest ${FIRST}` : `Show the newest ${deadLetters.length}`}
        </button>
      )}
    </Panel>
  )
}
