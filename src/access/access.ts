/** The parts of access control, put together over a store of credentials. Nothing runs, and no file is touched yet. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, CredentialStore } from '../../bridge/index.ts'
import type { BrokerPolicy } from '../../broker/index.ts'
import { createSlowdown, SLOWDOWN, type SlowdownDeps, type SlowdownStats } from '../slowdown.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { type CredentialCacheOptions, createCredentialCache } from './credential-cache.ts'
import { createIdentities } from './identities.ts'
import { createPolicy } from './policy.ts'
import { createSecretChecks, type SecretCheckOptions } from './secret-checks.ts'
import { createTokenKey } from './token-key.ts'
import { createTokens, type Tokens, type TokensOptions } from './tokens.ts'

export interface AccessOptions extends CredentialCacheOptions, SecretCheckOptions {
  /** Whether MQTT clients that say nothing of themselves are let in. */
  readonly anonymous: boolean
  /** They are because they are of this machine: what comes through a proxy is not. Default false. */
  readonly isLocal?: boolean
  /** Under which devices are announced to Home Assistant. */
  readonly discoveryPrefix?: string
  /** Where the key of the tokens is kept: `DATA_DIR/token.key`. */
  readonly tokenKeyFile: string
  readonly tokens?: TokensOptions
}

export interface AccessDeps {
  readonly credentials: Pick<CredentialStore, 'get'>
  readonly clock: Clock
  /** The key of the tokens cannot be kept: they end with the process. */
  readonly onKeyError?: (error: unknown) => void
  /** What wrong MQTT logins are slowed by. Default: a timer. */
  readonly wait?: SlowdownDeps['wait']
}

export interface Access {
  readonly authenticator: Authenticator
  readonly tokens: Tokens
  readonly policy: BrokerPolicy
  /** Wrong MQTT logins since the start. */
  readonly wrongLogins: () => SlowdownStats
}

const waitMs: SlowdownDeps['wait'] = (ms, signal) => delay(ms, undefined, signal && { signal })

/** CONNACKs of one network that wait. Such a connection holds little, and is one of those that are bounded anyway. */
const MAX_WAITING = 1_000

export const createAccess = (
  { credentials, clock, onKeyError, wait = waitMs }: AccessDeps,
  options: AccessOptions,
): Access => {
  const cache = createCredentialCache({ credentials, clock }, options)
  const identities = createIdentities({ credentials: cache, clock })
  const key = createTokenKey({
    file: options.tokenKeyFile,
    ...(onKeyError !== undefined && { onError: onKeyError }),
  })
  const tokens = createTokens({ credentials: cache, identities, key, clock }, options.tokens)
  const checks = createSecretChecks({}, options)
  const authenticator = createAuthenticator({ credentials: cache, identities, checks, tokens })
  const slowdown = createSlowdown({ clock, wait }, { ...SLOWDOWN, maxWaiting: MAX_WAITING })
  const { anonymous, isLocal = false, discoveryPrefix } = options
  const policy = createPolicy({
    ...{ authenticator, anonymous, isLocal, slowdown },
    ...(discoveryPrefix === undefined ? {} : { discoveryPrefix }),
  })
  return { authenticator, tokens, policy, wrongLogins: slowdown.stats }
}
