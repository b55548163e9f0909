import { useDashboard } from '../context.ts'
import { linkAt } from '../fleet-merge.ts'
import { latestValues } from '../format/latest-values.ts'
import { metricWords } from '../format/metrics.ts'
import { numbers } from '../format/numbers.ts'
import { formatAgo } from '../format/times.ts'
import { hrefOf } from '../router.ts'
import { LinkMark } from '../shell/link-mark.tsx'

const Row = ({ id }: { readonly id: string }) => {
  const { fleet, tick } = useDashboard()
  const device = fleet.device(id).value
  if (device === undefined) return null
  return (
    <tr>
      <td>
        <a href={hrefOf({ name: 'device', id })}>{device.name}</a>
      </td>
      <td>
        <LinkMark link={linkAt(device, tick.value)} />
      </td>
      <td>{formatAgo(tick.value - device.lastSeen)}</td>
      <td>
        {latestValues(device.latest)
          .map(([metric, value]) => `${numbers.value(value)} ${metricWords(metric).unit}`)
          .join(' · ')}
      </td>
    </tr>
  )
}

export const DeviceList = () => {
  const { fleet } = useDashboard()
  const ids = fleet.ids.value
  return (
    <>
      <h1>Devices</h1>
      <table>
        <tbody>
          {ids?.map((id) => (
            <Row key={id} id={id} />
          ))}
        </tbody>
      </table>
    </>
  )
}
