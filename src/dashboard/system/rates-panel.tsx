import { numbers } from '../format/numbers.ts'
import { Panel } from './panel.tsx'
import type { SystemAnswer } from './system-answer.ts'

type Rates = SystemAnswer['rates']

const WORDS: readonly (readonly [keyof Rates, string, string])[] = [
  ['messagesPerSecond', 'Messages', 'MQTT messages that came in, whatever they were'],
  ['readingsPerSecond', 'Readings', 'Readings made durable: on disk and acked'],
  ['storedPerSecond', 'Rows stored', 'Rows committed in Postgres'],
]

const BOX = { width: 240, height: 36 } as const
const FEW = 150

/** A line of the last five minutes, from 0 up to the greatest of them. */
const pathOf = (values: readonly number[]): string => {
  const most = Math.max(1, ...values)
  return values
    .map((value, i) => {
      const x = BOX.width - ((values.length - 1 - i) / (FEW - 1)) * BOX.width
      const y = BOX.height - 2 - (value / most) * (BOX.height - 4)
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}

export const RatesPanel = ({ rates }: { readonly rates: readonly Rates[] }) => (
  <Panel title="Rates" wide>
    <dl class="rates">
      {WORDS.map(([key, label, meaning]) => (
        <div key={key} title={meaning}>
          <dt>{label}</dt>
          <dd>
            <span class="big">{numbers.rate(rates.at(-1)?.[key] ?? 0)}</span>
            <span class="unit"> /s</span>
          </dd>
          <svg
            class="spark"
            viewBox={`0 0 ${BOX.width} ${BOX.height}`}
            preserveAspectRatio="none"
            aria-hidden="true"
          >
            <path d={pathOf(rates.map((one) => one[key]))} />
          </svg>
        </div>
      ))}
    </dl>
  </Panel>
)
