/** MQTT.js and what it is made of ask for node's `process` without importing it. First of the imports. */
import process from './process.ts'

Object.assign(globalThis, { process })
