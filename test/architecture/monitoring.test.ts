/** The dashboard and the alert rules in docs/, against what GET /metrics really prints. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { DeviceId } from '../../bridge/core/reading.ts'
import { createMetricsRig } from '../support/metrics-rig.ts'
import { problemsOf, type Series, seriesOf } from './promql.ts'
import { readText } from './source-files.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly datasource: unknown
  }[]
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

const dashboard = JSON.parse(readText('docs/grafana/sluice.json'))
const all: readonly Panel[] = dashboard.panels
const panels = all.filter(({ type }) => type !== 'row')
const alerts = parse(readText('docs/alerts.yml'))
const rules: readonly Rule[] = alerts.groups.flatMap(({ rules }: { rules: readonly Rule[] }) => rules)

let series: Series
beforeAll(async () => {
  const { bridge, broker, acks, metrics } = createMetricsRig()
  const [deviceId, error] = ['cam' as DeviceId, new Error('x')]
  // What has a label is printed once it has happened.
  for (const via of ['mqtt', 'rest'] as const) acks.emit('acked', { via, ms: 1 })
  for (const sent of [true, false]) bridge.emit('device:commanded', { deviceId, sent })
  bridge.emit('drain:stored', { readings: 1, deadLetters: 1, bytes: 1, ms: 1, lagMs: 9, waiting: 0 })
  bridge.emit('frame:refused', { deviceId, reason: 'busy' })
  bridge.emit('bridge:error', { error, where: 'x' })
  broker.emit('limit:hit', { limit: 'maxConnections' })
  const identity = { role: 'device', name: 'cam' } as const
  broker.emit('publish:denied', { clientId: 'cam', identity, topic: 'x' })
  const { body } = await metrics.text()
  // Collections of garbage happen by themselves, if at all.
  series = seriesOf(`${body}\nsluice_nodejs_gc_duration_seconds_sum{kind="minor"} 1`)
})

describe('the Grafana dashboard', () => {
  test('asks only for metrics, labels and values that there are', () => {
    const asked = panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) => problemsOf(expr, series).map((problem) => `${title}: ${problem}`)),
    )
    expect(asked).toEqual([])
    const marks: readonly { expr: string }[] = dashboard.annotations.list
    expect(marks.flatMap(({ expr }) => problemsOf(expr, series))).toEqual([])
  })

  test.each([
    'logins_total',
    'mqtt_wrong_logins_total',
    'logins_waiting',
    'secrets_hashed_total',
    'http_denied_total',
    'mqtt_connects_refused_total',
    'mqtt_denied_total',
    'mqtt_sessions_removed_total',
    'mqtt_limits_hit_total',
  ])('shows who is let in, and the bounds: sluice_%s', (metric) => {
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
    expect(asked).toMatch(new RegExp(`\\bsluice_${metric}\\b`))
  })

  test('says of every panel what it shows, in which unit, and what that means', () => {
    expect(panels.length).toBeGreaterThan(25)
    for (const { title, description, fieldConfig, targets = [] } of panels) {
      expect([title, title?.length]).not.toEqual([title, 0])
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.stringMatching(/\w/)])
      expect([title, description]).toEqual([title, expect.stringMatching(/^[A-Z0-9].{10,}\.$/)])
      expect([title, targets.length > 0]).toEqual([title, true])
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  test('takes its data source and instance from its variables', () => {
    const names = dashboard.templating.list.map(({ name }: { name: string }) => name)
    expect(names).toEqual(['datasource', 'instance'])
    for (const { title, datasource, targets = [] } of panels) {
      const from = { type: 'prometheus', uid: '$' + '{datasource}' }
      expect([title, datasource]).toEqual([title, from])
      for (const target of targets) {
        expect([title, target.datasource]).toEqual([title, from])
        const selectors = target.expr.match(/\bsluice_\w+/g)?.length
        expect([title, target.expr.split('instance=~"$instance"').length - 1]).toEqual([title, selectors])
      }
    }
  })

  test('lays no panel over another or past the edge', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of all) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true])
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.has(`${x},${y}`)]).toEqual([title, false])
          taken.add(`${x},${y}`)
        }
      }
    }
  })
})

describe('the alert rules', () => {
  test('ask only for metrics, labels and values that there are', () => {
    expect(
      rules.flatMap(({ alert, expr }) => problemsOf(expr, series).map((problem) => `${alert}: ${problem}`)),
    ).toEqual([])
  })

  test('each says how long, how bad, what it is and what to do', () => {
    expect(rules.length).toBeGreaterThanOrEqual(8)
    for (const rule of rules) {
      expect(rule).toEqual({
        alert: expect.stringMatching(/^Sluice[A-Z]\w+$/),
        expr: expect.any(String),
        for: expect.stringMatching(/^\d+[smh]$/),
        labels: { severity: expect.stringMatching(/^(critical|warning)$/) },
        annotations: {
          summary: expect.stringContaining('{{ $labels.instance }}'),
          description: expect.stringMatching(/^.{80,}$/),
        },
      })
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  })

  test('a summary fills in only labels that its expression leaves', () => {
    for (const { alert, expr, annotations } of rules) {
      const filled = annotations.summary.match(/(?<=\$labels\.)\w+/g) ?? []
      const grouped = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/)
      for (const label of filled)
        expect([alert, grouped ?? ['instance']]).toEqual([alert, expect.arrayContaining([label])])
    }
  })
})

describe('these rules bite', () => {
  test.each([
    ['sum(rate(sluice_nope_total[5m]))', 'there is no sluice_nope_total'],
    ['sluice_ack_ms', 'there is no sluice_ack_ms'], // a histogram has only _bucket, _sum and _count
    ['sluice_dropped_total{why="x"}', 'sluice_dropped_total has no label why'],
    ['sluice_dropped_total{reason!="x"}', 'sluice_dropped_total has no reason="x"'],
    ['sum by (why) (sluice_dropped_total)', 'no metric has the label why'],
    ['ratte(sluice_dropped_total[5m]) > 1e9', 'there is no ratte'],
    ['1 + 2', 'asks for no metric'],
  ])('%s: %s', (expression, problem) => {
    expect(problemsOf(expression, series)).toEqual([problem])
  })

  test('what is right is let pass', () => {
    const expression =
      'histogram_quantile(0.99, sum by (instance, le) (rate(sluice_ack_ms_bucket{via="mqtt",instance=~"$i"}[5m] offset 10m))) > 1e3'
    expect(problemsOf(expression, series)).toEqual([])
  })
})
