/** The door of access control: who somebody is, and what the broker may let them do. */

export type { SlowdownStats as WrongLogins } from '../slowdown.ts'
export { type Access, type AccessDeps, type AccessOptions, createAccess } from './access.ts'
export type { Authenticator, AuthenticatorStats } from './authenticator.ts'
export type { Login, LoginRefusal } from './login.ts'
export { createPolicy, type PolicyOptions } from './policy.ts'
export { hashSecret, isSecretOf, makeSecret, type NewSecret, newSecret } from './secrets.ts'
export type { IssuedToken, Tokens, TokensOptions } from './tokens.ts'
