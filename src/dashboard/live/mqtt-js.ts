/** MQTT.js in one piece, so that it is one file to load. */
export { default as MqttClient } from 'mqtt-js/client'
export { browserStreamBuilder } from 'mqtt-js/web-socket'
