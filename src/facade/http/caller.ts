/** Who sent a request, from the guard to the few routes that ask. */
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Identity } from '../../../bridge/index.ts'

const CALLER = Symbol('caller')

interface Known extends IncomingMessage {
  [CALLER]?: Identity
}

export const noteCaller = ({ raw }: Pick<FastifyRequest, 'raw'>, identity: Identity): void => {
  ;(raw as Known)[CALLER] = identity
}

/** Undefined: anonymous. */
export const callerOf = ({ raw }: Pick<FastifyRequest, 'raw'>): Identity | undefined => (raw as Known)[CALLER]
