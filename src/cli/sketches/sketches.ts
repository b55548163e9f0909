/** The clients a sketch can be made for. A new one is a file and an entry. */
import { espMqtt } from './esp-mqtt.ts'
import { esphome } from './esphome.ts'
import { pubsubclient } from './pubsubclient.ts'
import type { BoardSettings } from './sketch.ts'

export const SKETCHES = {
  pubsubclient,
  'esp-mqtt': espMqtt,
  esphome,
} as const satisfies Record<string, (board: BoardSettings) => string>

export type SketchName = keyof typeof SKETCHES

export const SKETCH_NAMES = Object.keys(SKETCHES) as readonly SketchName[]

export const isSketchName = (text: string): text is SketchName => Object.hasOwn(SKETCHES, text)
