/** Of the package's manifest MQTT.js reads its version only. */
export const version = ''
