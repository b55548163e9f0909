// What the compiler leaves out: the .sql files beside the module that reads them, and the right to run the command.
import { chmodSync, cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const target = path('../dist/bridge/stores/migrations')

// A migration that was renamed or removed must not be left over from an earlier build.
rmSync(target, { recursive: true, force: true })
cpSync(path('../bridge/stores/migrations'), target, { recursive: true })
// npm gives it when it first links the command, and not to the file of a later build.
chmodSync(path('../dist/src/cli/main.js'), 0o755)
