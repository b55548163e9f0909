/**
 * A process that meets a full disk in the middle of a checkpoint, has room again, appends, and dies: prints how many
 * rows it was told are durable. Started with the folder of the spool; `prlimit` makes the disk full.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceId } from '../../bridge/core/reading.ts'
import { createLevelSpool } from '../../bridge/stores/level-spool.ts'
import { entryAt } from '../contracts/spool-entry.ts'

const folder = process.argv[2] ?? ''
const spool = createLevelSpool({ clock: () => Date.now() }, { folder })
const { nextOffset } = await spool.open()
let appended = 0

const append = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    const offset = nextOffset + appended
    await spool.append({ ...entryAt(offset, 1, appended === 0 ? 0 : offset), row: appended })
    appended += 1
  }
}

const limitFiles = (bytes: number | 'unlimited'): void => {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}

const logBytes = (): number =>
  Math.max(
    ...readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => statSync(join(folder, name)).size),
  )

await append(5)
limitFiles(logBytes() + 1_000)
const seen = Array.from({ length: 50 }, (_, index) => ({
  deviceId: `board-${index}` as DeviceId,
  seen: 'y'.repeat(100),
}))
const failed = await spool.checkpoint({ offset: nextOffset, rows: 0, account: '{}' }, seen).then(
  () => false,
  () => true,
)
limitFiles('unlimited')
await append(20)
process.stdout.write(JSON.stringify({ failed, appended }), () => process.kill(process.pid, 'SIGKILL'))
