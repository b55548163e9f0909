import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The program's path, looked for where Debian puts daemons too. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(folder, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (folder !== '' && found) return path
  }
  return undefined
}
