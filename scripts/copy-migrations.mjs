// The compiler leaves .sql files behind: puts them beside the compiled module that reads them.
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const target = path('../dist/bridge/stores/migrations')

// A migration that was renamed or removed must not be left over from an earlier build.
rmSync(target, { recursive: true, force: true })
cpSync(path('../bridge/stores/migrations'), target, { recursive: true })
