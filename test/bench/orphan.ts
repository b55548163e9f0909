import { readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'

const GONE_WITHIN_MS = 20_000

/** Whether `pid` is a postmaster of `folder`: it works in its data folder, and a reused pid would not. */
const worksIn = async (pid: number, folder: string): Promise<boolean> => {
  const [working, real] = await Promise.all([readlink(`/proc/${pid}/cwd`), realpath(folder)]).catch(() => [])
  return working !== undefined && working === real
}

/**
 * Stops the Postgres of a data folder that only the bench used, should the Sluice that started it have been
 * killed. Signals the one pid that the folder's own lock names; usually there is none.
 */
export const endOrphanedPostgres = async (dataDir: string): Promise<void> => {
  const folder = join(dataDir, 'postgres')
  const lock = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(lock.split('\n')[0])
  if (!(pid > 1) || !(await worksIn(pid, folder))) return
  process.kill(pid, 'SIGINT')
  const quitAt = Date.now() + GONE_WITHIN_MS
  while (await worksIn(pid, folder)) {
    if (Date.now() > quitAt) {
      process.kill(pid, 'SIGQUIT')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
