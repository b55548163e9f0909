import type { Problem } from '../api.ts'
import { formatSpan } from '../format/times.ts'
import { BalancePanel } from './balance-panel.tsx'
import { CachesPanel, ConnectionsPanel, PartsPanel } from './part-panels.tsx'
import { RatesPanel } from './rates-panel.tsx'
import { DiskPanel, SpoolPanel, StoragePanel } from './store-panels.tsx'
import { useSystem } from './use-system.ts'

const wordsFor = (problem: Problem): string => {
  if (problem.kind === 'forbidden')
    return 'Your role may not look at the system. The roles operator and admin may: npx sluice user add NAME --role operator'
  if (problem.kind === 'missing') return 'This server does not tell of itself here: it is of another version.'
  return `${problem.message}. Trying again…`
}

/** How Sluice itself is doing. */
export const SystemView = () => {
  const { answer, problem, rates } = useSystem()
  const told = problem !== undefined && problem.kind !== 'aborted' && problem.kind !== 'unauthorized'
  return (
    <div class="system">
      <div class="system-head">
        <h1>System</h1>
        {answer !== undefined && (
          <p class="hint">
            Sluice {answer.version} · up {formatSpan(answer.uptimeMs)}
          </p>
        )}
      </div>
      {told && (
        <p class={answer === undefined ? 'notice' : 'banner warning'} role="alert">
          {wordsFor(problem)}
        </p>
      )}
      {answer === undefined && problem === undefined && <p class="loading">Loading…</p>}
      {answer !== undefined && (
        <div class={`panels ${told ? 'outdated' : ''}`}>
          <RatesPanel rates={rates} />
          <PartsPanel parts={answer.parts} />
          <BalancePanel balance={answer.balance} missing={answer.missing} />
          <SpoolPanel spool={answer.spool} drainLagMs={answer.drainLagMs} />
          <div class="stack">
            <DiskPanel disk={answer.disk} />
            <ConnectionsPanel connections={answer.connections} />
          </div>
          <StoragePanel storage={answer.storage} rollups={answer.rollups} now={answer.now} />
          <CachesPanel caches={answer.caches} />
        </div>
      )}
    </div>
  )
}
