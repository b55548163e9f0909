/**
 * Makes mqtt-packet's parser hold clients to what it lets through: text that is no text [MQTT-1.5.3], packet
 * identifiers of 0 or none at all [MQTT-2.3.1-1], bytes behind the end of a packet, and protocol levels it does
 * not know, which are owed an answer [MQTT-3.1.2-2]. What it rejects ends its connection [MQTT-4.8.0-1].
 *
 * The parser has no door for it: four of its methods are covered, by the same functions for all connections, as
 * each connection's own would be paid for by thousands that are idle.
 */
import { isUtf8 } from 'node:buffer'
import type { Client } from 'aedes'
import type { Packet } from 'mqtt-packet'
import { type RefuseConnect, refusedLevel } from './refuse-connect.ts'

interface Parser {
  readonly client: Client
  readonly packet: Packet & { length: number }
  /** What was read and not parsed yet; it begins with the packet's variable header. */
  readonly _list: {
    readonly length: number
    get(at: number): number
    readUInt16BE(at: number): number
    slice(from: number, to: number): Buffer
    toString(encoding: 'utf8', from: number, to: number): string
  }
  readonly _pos: number
  /** Set: nothing more of this chunk is parsed. */
  error: Error | null
  _parseConnect(): unknown
  _parseString(): string | null
  _parseMessageId(): boolean
  _newPacket(): boolean
  _emitError(error: Error): void
}

const NAMES = ['MQTT', 'MQIsdp']
/** 3.1, which Aedes serves as well, and 3.1.1. */
const LEVELS = [3, 4]
/** Bridges of Mosquitto set it beside the level. */
const BRIDGE_BIT = 0x80
/** What bytes that are no UTF-8 are decoded to; also a character of its own right. */
const REPLACEMENT = '\ufffd'

const parserOf = (client: Client): Parser => Reflect.get(client, '_parser') as Parser
const baseOf = (parser: Parser): Parser => Object.getPrototypeOf(parser) as Parser

/** The protocol level of a CONNECT with a protocol name we know. */
const levelOf = ({ _list: list, packet }: Parser): number | undefined => {
  if (packet.length < 2) return undefined
  const at = 2 + list.readUInt16BE(0)
  if (at >= packet.length || !NAMES.includes(list.toString('utf8', 2, at))) return undefined
  return list.get(at) & ~BRIDGE_BIT
}

/** Null, which the parser takes as malformed, for what is not well-formed or holds U+0000. */
function parseString(this: Parser): string | null {
  const from = this._pos + 2
  const text = baseOf(this)._parseString.call(this)
  if (text === null || text.includes('\0')) return null
  return text.includes(REPLACEMENT) && !isUtf8(this._list.slice(from, this._pos)) ? null : text
}

function parseMessageId(this: Parser): boolean {
  const isThere = this._pos + 2 <= this.packet.length && this._list.readUInt16BE(this._pos) > 0
  if (isThere) return baseOf(this)._parseMessageId.call(this)
  this._emitError(new Error('no packet identifier'))
  return false
}

function newPacket(this: Parser): boolean {
  // The payload of a PUBLISH is all that is left.
  const isWhole = this.packet.cmd === 'publish' || this._pos === this.packet.length
  if (isWhole) return baseOf(this)._newPacket.call(this)
  this._emitError(new Error('a packet that is longer or shorter than what it holds'))
  return false
}

/** Makes the parser of each client it is given strict. */
export const createStrictParser = (refuse: RefuseConnect): ((client: Client) => void) => {
  function parseConnect(this: Parser): unknown {
    const level = levelOf(this)
    const { connecting, connected } = this.client
    if (connecting || connected || level === undefined || LEVELS.includes(level))
      return baseOf(this)._parseConnect.call(this)
    const refusal = refusedLevel(level)
    this.error = new Error(refusal.reason)
    refuse(this.client, refusal)
  }
  const strict = {
    _parseConnect: parseConnect,
    _parseString: parseString,
    _parseMessageId: parseMessageId,
    _newPacket: newPacket,
  }
  return (client) => {
    Object.assign(parserOf(client), strict)
  }
}
