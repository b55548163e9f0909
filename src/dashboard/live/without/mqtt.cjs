/** MQTT.js without what chooses among ways to connect; as CommonJS, as its sources are. */
module.exports = {
  MqttClient: require('mqtt-js/client').default,
  browserStreamBuilder: require('mqtt-js/web-socket').browserStreamBuilder,
}
