import { useComputed } from '@preact/signals'
import type { Device } from '../answers.ts'
import { useDashboard } from '../context.ts'
import { linkAt } from '../fleet-merge.ts'
import { latestValues, ownMetrics } from '../format/latest-values.ts'
import { formatMetric, metricWords } from '../format/metrics.ts'
import { formatAgo } from '../format/times.ts'
import { memo } from '../memo.ts'
import { hrefOf } from '../router.ts'
import { LinkMark } from '../shell/link-mark.tsx'
import { LastSeen } from './last-seen.tsx'
import { SignalStrength } from './signal-strength.tsx'
import { Sparkline } from './sparkline.tsx'
import type { Sparks } from './sparks.ts'

interface RowProps {
  readonly id: string
  /** From 1, the head of the table not counted. */
  readonly index: number
  /** Those with a column; undefined: the first few of its own. */
  readonly metrics: readonly string[] | undefined
  readonly hasOthers: boolean
  readonly sparks: Sparks
}

/** Values older than this are shown as such, also of a device that is connected. */
const STALE_AFTER_MS = 300_000

interface ValueProps {
  readonly metric: string
  readonly value: number | undefined
}

const Value = ({ metric, value }: ValueProps) => {
  if (value === undefined) return <span class="none">–</span>
  const { unit } = metricWords(metric)
  return (
    <span class="value">
      {formatMetric(metric, value)}
      {unit !== '' && <span class="unit"> {unit}</span>}
    </span>
  )
}

const othersOf = ({ latest }: Device, metrics: readonly string[]): string =>
  latestValues(latest)
    .filter(([metric]) => !metrics.includes(metric))
    .map(([metric, value]) => {
      const { label, unit } = metricWords(metric)
      return `${label} ${formatMetric(metric, value)}${unit === '' ? '' : `\u00a0${unit}`}`
    })
    .join(' · ')

const Others = ({ device, metrics, now }: { device: Device; metrics: readonly string[]; now: number }) => {
  const values = othersOf(device, metrics)
  const picture = device.frameAt === null ? '' : `Picture ${formatAgo(now - device.frameAt)}`
  const text = [values, picture].filter(Boolean).join(' · ')
  return <span title={text}>{text}</span>
}

const Row = ({ id, index, metrics: columns, hasOthers, sparks }: RowProps) => {
  const { fleet, tick, now } = useDashboard()
  const device = fleet.device(id).value
  const link = useComputed(() => {
    const known = fleet.device(id).value
    return known === undefined ? 'offline' : linkAt(known, tick.value)
  }).value
  const isOld = useComputed(() => {
    const at = fleet.device(id).value?.latest?.receivedAt
    return at !== undefined && tick.value - at > STALE_AFTER_MS
  }).value
  if (device === undefined) return null
  const values = new Map(latestValues(device.latest))
  const metrics = columns ?? ownMetrics(device.latest)
  const isStale = isOld || link !== 'connected'
  return (
    <tr class={isStale ? 'stale' : undefined} aria-rowindex={index + 1}>
      <th scope="row" class="name">
        <a href={hrefOf({ name: 'device', id })}>{device.name}</a>
        <span class="sub">{[device.name === id ? '' : id, device.type].filter(Boolean).join(' · ')}</span>
      </th>
      <td class="link">
        <LinkMark link={link} />
      </td>
      <td class="seen">
        <LastSeen at={device.lastSeen} tick={tick} />
      </td>
      <td class="rssi">
        <SignalStrength rssi={device.wifiRssi} />
      </td>
      {metrics.map((metric) => (
        <td class="metric" key={metric} data-label={metricWords(metric).label}>
          <Value metric={metric} value={values.get(metric)} />
          <Sparkline points={sparks.points(id, metric)} now={now()} />
        </td>
      ))}
      {hasOthers && (
        <td class="others">
          <Others device={device} metrics={metrics} now={now()} />
        </td>
      )}
    </tr>
  )
}

/** Drawn anew for a change of its own device only. */
export const DeviceRow = memo(Row)
