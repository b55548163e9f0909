/** MQTT.js in one piece, so that it is one file to load. */
import './without/process-global.ts'
import client from 'mqtt-js/client'

export { browserStreamBuilder } from 'mqtt-js/web-socket'

/** Bundled as node would load it: the default of a CommonJS module is all of its exports. */
export const MqttClient = 'default' in client ? (client.default as typeof client) : client
export type MqttClient = InstanceType<typeof client>
