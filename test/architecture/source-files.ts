/** The project's TypeScript files, for tests that look at the text itself. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

const PARTS = ['bridge', 'broker', 'mosquitto-compat', 'src', 'test'] as const

export interface SourceFile {
  /** From the root, with slashes: `bridge/core/reading.ts`. */
  readonly path: string
  readonly text: string
}

/** Text of a file, by its path from the root. */
export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const isCode = (name: string): boolean => /\.tsx?$/.test(name) && !name.endsWith('.d.ts')

/** Every `.ts` and `.tsx` file of the five parts. */
export const sourceFiles = (): readonly SourceFile[] =>
  PARTS.flatMap((part) =>
    readdirSync(join(ROOT, part), { recursive: true, encoding: 'utf8' })
      .filter(isCode)
      .map((name) => `${part}/${name.replaceAll('\\', '/')}`)
      .sort()
      .map((path) => ({ path, text: readText(path) })),
  )
