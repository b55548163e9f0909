/** The system's Chromium, driven by playwright-core. */
import { type Browser, chromium } from 'playwright-core'
import { findProgram } from '../bench/find-program.ts'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Whoever runs as root in a container has neither a sandbox nor a large /dev/shm. */
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']

/** Starts it without a window; the caller closes it. Throws an error that says what to install. */
export const launchChromium = async (args: readonly string[] = []): Promise<Browser> => {
  for (const program of PROGRAMS) {
    const executablePath = await findProgram(program)
    if (executablePath !== undefined)
      return await chromium.launch({ executablePath, args: [...ARGS, ...args], timeout: 60_000 })
  }
  throw new Error(
    'There is no Chromium: npm run test:browser installs it on Debian and Ubuntu (apt-get install chromium); ' +
      'elsewhere put Chromium or Google Chrome on the PATH',
  )
}
