import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Evidence } from './verdict/evidence.ts'
import type { World } from './world.ts'

const lines = (values: Iterable<unknown>): string =>
  Array.from(values, (value) => `${JSON.stringify(value)}\n`).join('')

/** Copies what tells how a run failed into `folder`, which is made; gives it back. */
export const keepFailure = async (
  folder: string,
  run: { readonly world: Pick<World, 'dataDir'>; readonly evidence: Evidence; readonly outcome: object },
): Promise<string> => {
  const { world, evidence, outcome } = run
  await mkdir(folder, { recursive: true })
  const { traffic } = evidence
  await Promise.all([
    writeFile(join(folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`),
    writeFile(join(folder, 'sluice.log'), lines(evidence.log)),
    writeFile(join(folder, 'ends.json'), `${JSON.stringify(evidence.ends, undefined, 2)}\n`),
    writeFile(join(folder, 'acks.jsonl'), lines(traffic.acks.values())),
    writeFile(join(folder, 'unreadable.jsonl'), lines(traffic.unreadable.values())),
    writeFile(join(folder, 'rows.jsonl'), lines(evidence.rows)),
    writeFile(join(folder, 'dead-letters.jsonl'), lines(evidence.deadLetters)),
    cp(world.dataDir, join(folder, 'data'), { recursive: true }).catch(() => undefined),
  ])
  return folder
}
