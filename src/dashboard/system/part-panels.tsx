import { numbers } from '../format/numbers.ts'
import { Mark } from './mark.tsx'
import { Facts, Panel } from './panel.tsx'
import type { CacheStats, SystemAnswer } from './system-answer.ts'
import { WideTable } from './wide-table.tsx'

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** `latestValues` is read as `latest values`. */
const wordsOf = (name: string): string => name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()

export const PartsPanel = ({ parts }: Pick<SystemAnswer, 'parts'>) => (
  <Panel title="Parts">
    <ul class="parts">
      {Object.entries(parts).map(([name, { ok, message }]) => (
        <li key={name}>
          <Mark isGood={ok} />
          <strong>{capital(name)}</strong>
          <span>{message}</span>
        </li>
      ))}
    </ul>
  </Panel>
)

export const ConnectionsPanel = ({ connections }: Pick<SystemAnswer, 'connections'>) => (
  <Panel title="Connections">
    <Facts
      facts={[
        ['MQTT', numbers.count(connections.mqtt)],
        ['HTTP', numbers.count(connections.http)],
        ['Event sockets', numbers.count(connections.sockets)],
      ]}
    />
  </Panel>
)

const hitRate = ({ hits, misses }: CacheStats): string =>
  hits + misses === 0 ? 'not asked yet' : `${numbers.fixed((hits / (hits + misses)) * 100, 1)} %`

export const CachesPanel = ({ caches }: Pick<SystemAnswer, 'caches'>) => (
  <Panel title="Caches">
    <WideTable label="Hit rates of the caches">
      <thead>
        <tr>
          <th scope="col">Cache</th>
          <th scope="col">Hit rate</th>
          <th scope="col">Entries</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(caches).map(([name, stats]) => (
          <tr key={name}>
            <th scope="row">{capital(wordsOf(name))}</th>
            <td>{hitRate(stats)}</td>
            <td>{numbers.count(stats.size)}</td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  </Panel>
)
