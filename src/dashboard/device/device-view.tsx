import { useDashboard } from '../context.ts'
import { linkAt } from '../fleet-merge.ts'
import { latestValues } from '../format/latest-values.ts'
import { formatMetric, metricWords } from '../format/metrics.ts'
import { formatAgo } from '../format/times.ts'
import { hrefOf } from '../router.ts'
import { LinkMark } from '../shell/link-mark.tsx'

/** One device: what it is, how it stands, and its newest values as they come. */
export const DeviceView = ({ id }: { readonly id: string }) => {
  const { fleet, tick } = useDashboard()
  const device = fleet.device(id).value
  if (device === undefined)
    return (
      <div class="notice">
        <h1>{id}</h1>
        <p>{fleet.ids.value === undefined ? 'Loading…' : 'Nothing is known of this device.'}</p>
        <a href={hrefOf({ name: 'list' })}>All devices</a>
      </div>
    )
  return (
    <article class="device">
      <h1>{device.name}</h1>
      <p class="device-line">
        <LinkMark link={linkAt(device, tick.value)} /> {device.deviceId} ·{' '}
        {formatAgo(tick.value - device.lastSeen)}
      </p>
      <dl class="tiles">
        {latestValues(device.latest).map(([metric, value]) => (
          <div class="tile" key={metric}>
            <dt>{metricWords(metric).label}</dt>
            <dd>
              {formatMetric(metric, value)} <small>{metricWords(metric).unit}</small>
            </dd>
          </div>
        ))}
      </dl>
    </article>
  )
}
