/** `sluice spool drain --dir` as a process of its own, as somebody would run it who has the disk of a dead node. */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)))
const CLI = join(root.endsWith('dist') ? root : join(root, 'dist'), 'src/cli/main.js')
const TIMEOUT_MS = 60_000
const AGAIN_MS = 200

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const run = (dataDir: string, databaseUrl: string): Promise<Ran> =>
  new Promise((settle) => {
    const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl }
    const args = [CLI, 'spool', 'drain', '--dir', dataDir]
    execFile(process.execPath, args, { env, cwd: '/', timeout: TIMEOUT_MS }, (error, out, err) => {
      settle({ code: error === null ? 0 : Number(error.code ?? -1), out: out.trim(), err: err.trim() })
    })
  })

/** Runs it until all is stored; gives what it printed in the end, and how often it was refused before. */
export const drainSpoolOf = async (dataDir: string, databaseUrl: string): Promise<string> => {
  const deadline = performance.now() + TIMEOUT_MS
  for (let refused = 0; ; refused += 1) {
    const { code, out, err } = await run(dataDir, databaseUrl)
    if (code === 0 && err === '') return refused === 0 ? out : `${out} (after ${refused} refusals)`
    if (performance.now() > deadline) throw new Error(`spool drain: ${code} ${out} ${err}`)
    await delay(AGAIN_MS)
  }
}
