import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, from the source as from what is built of it in dist/. */
const root = (): string => {
  const folder = resolve(fileURLToPath(new URL('../../..', import.meta.url)))
  return folder.endsWith('dist') ? resolve(folder, '..') : folder
}

/** A VGA frame of 22 KB as the camera takes it. */
export const jpegFile = (): string => {
  const file = resolve(root(), 'test/fixtures/frame-vga.jpg')
  if (!existsSync(file)) throw new Error(`${file} is missing`)
  return file
}
