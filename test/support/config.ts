import { ConfigError, type Environment, loadConfig } from '../../src/load-config.ts'

/** The settings as a program in /srv/sluice takes them. */
export const load = (env: Environment) => loadConfig(env, '/srv/sluice')

/** What `load` finds wrong with them; nothing when it takes them. */
export const problemsOf = (env: Environment): readonly string[] => {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
