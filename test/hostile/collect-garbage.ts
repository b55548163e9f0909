/**
 * Loaded into the program before it starts: SIGUSR2 makes it collect its garbage. What is left then is in use; what
 * was there before may be garbage that nobody needed the room of.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')
process.on('SIGUSR2', () => {
  if (typeof collect === 'function') collect()
})
