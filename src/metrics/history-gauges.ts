/** What became of questions about the history, and of exports. */
import type { Registry } from 'prom-client'
import { counts, gauge } from './instruments.ts'

export interface HistorySource {
  readonly answers: Readonly<Record<string, number>>
  readonly exports: Readonly<Record<string, number>>
  readonly running: number
}

export const readHistory = (registry: Registry, history: () => HistorySource): void => {
  const answers = 'Questions about the history over a range, by what became of them'
  counts(registry, { name: 'history_answers', help: answers, label: 'result' }, () => history().answers)
  const exports = 'Exports of readings that have ended, by how'
  counts(registry, { name: 'exports', help: exports, label: 'result' }, () => history().exports)
  gauge(registry, { name: 'exports_running', help: 'Exports under way' }, () => history().running)
}
