import { numbers } from '../format/numbers.ts'
import { formatSpan, moments } from '../format/times.ts'
import { Facts, Meter, Panel } from './panel.tsx'
import type { StorageTable, SystemAnswer } from './system-answer.ts'
import { WideTable } from './wide-table.tsx'

const percent = (share: number): string => `${numbers.fixed(share * 100, share < 0.1 ? 1 : 0)} %`

const YEAR_S = 31_536_000

const untilFull = (seconds: number | null): string => {
  if (seconds === null) return 'It does not grow'
  return seconds > YEAR_S ? 'More than a year' : formatSpan(seconds * 1_000)
}

export const SpoolPanel = ({ spool, drainLagMs }: Pick<SystemAnswer, 'spool' | 'drainLagMs'>) => {
  const share = spool.maxBytes > 0 ? spool.bytes / spool.maxBytes : 0
  return (
    <Panel title="Spool">
      <Meter label={`The spool is ${percent(share)} full`} share={share} high={0.8} />
      <Facts
        facts={[
          ['Used', `${numbers.bytes(spool.bytes)} of ${numbers.bytes(spool.maxBytes)} (${percent(share)})`],
          ['Rows waiting', numbers.count(spool.waitingRows)],
          ['Oldest waits for', spool.waitingRows === 0 ? '–' : formatSpan(spool.oldestMs)],
          ['From disk to Postgres', formatSpan(drainLagMs)],
          ['Full in', untilFull(spool.secondsUntilFull)],
        ]}
      />
    </Panel>
  )
}

export const DiskPanel = ({ disk }: Pick<SystemAnswer, 'disk'>) => {
  if (disk === null)
    return (
      <Panel title="Disk">
        <p class="hint">The system does not say.</p>
      </Panel>
    )
  const used = disk.totalBytes > 0 ? 1 - disk.freeBytes / disk.totalBytes : 0
  return (
    <Panel title="Disk">
      <Meter label={`The disk is ${percent(used)} full`} share={used} high={0.9} />
      <Facts
        facts={[
          ['Free', numbers.bytes(disk.freeBytes)],
          ['Of', numbers.bytes(disk.totalBytes)],
        ]}
      />
    </Panel>
  )
}

const TABLES: { readonly [table in StorageTable['table']]: string } = {
  raw: 'Readings',
  minute: 'Minutes',
  hour: 'Hours',
}

const keptFor = (days: number): string => (days === 0 ? 'for ever' : `${numbers.count(days)} d`)

export const StoragePanel = ({
  storage,
  rollups,
  now,
}: Pick<SystemAnswer, 'storage' | 'rollups' | 'now'>) => (
  <Panel title="Tables" wide>
    {storage === null ? (
      <p class="hint">No database is used, or it is away.</p>
    ) : (
      <WideTable label="Sizes of the tables">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Size</th>
            <th scope="col">Partitions</th>
            <th scope="col">Since</th>
            <th scope="col">Kept</th>
            <th scope="col">Next drop</th>
          </tr>
        </thead>
        <tbody>
          {storage.map(({ table, bytes, partitions, oldest, retentionDays, nextDropAt }) => (
            <tr key={table}>
              <th scope="row">{TABLES[table]}</th>
              <td>{numbers.bytes(bytes)}</td>
              <td>{numbers.count(partitions)}</td>
              <td>{oldest === null ? '–' : moments.day(oldest)}</td>
              <td>{keptFor(retentionDays)}</td>
              <td>
                {nextDropAt === null
                  ? '–'
                  : nextDropAt <= now
                    ? 'due'
                    : `${moments.day(nextDropAt)} (in ${formatSpan(nextDropAt - now)})`}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
    )}
    {rollups !== null && (
      <p class="hint">
        Minutes and hours are made up to {formatSpan(rollups.behindMs)} ago
        {rollups.marks > 0 ? `; ${numbers.count(rollups.marks)} device hours are to be made anew.` : '.'}
      </p>
    )}
  </Panel>
)
