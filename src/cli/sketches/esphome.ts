import { type BoardSettings, KEEPALIVE_S, OFFLINE, ONLINE, topicsOf, yamlString } from './sketch.ts'

/**
 * A block for an ESPHome configuration. Everything ESPHome would publish or subscribe to on its own (discovery, its
 * log, a topic for each sensor, `esphome/discover`) is turned off: a device has rights on its own topics only.
 */
export const esphome = (board: BoardSettings): string => {
  const topics = topicsOf(board.id)
  const message = (name: string, payload: string): string => `\
  ${name}:
    topic: ${yamlString(topics.status)}
    payload: ${payload}
    qos: 1
    retain: true
`
  return `\
# How this board reaches Sluice, for ESPHome. It holds the board's secret: keep it out of version control.
# Without api: in the configuration; with one, give it  reboot_timeout: 0s  unless Home Assistant connects to it.
mqtt:
  broker: ${yamlString(board.host)}
  port: ${board.port}
  # The client id is the device id: nobody else can take it, and Sluice admits this board under no other.
  client_id: ${yamlString(board.id)}
  username: ${yamlString(board.id)}
  password: ${yamlString(board.secret)}
  keepalive: ${KEEPALIVE_S}s
  # Sluice lets a device publish on its own topics only: no discovery, no log, no topic for each sensor.
  discovery: false
  discover_ip: false
  topic_prefix: null
  log_topic: null
${message('birth_message', ONLINE)}${message('will_message', OFFLINE)}${message('shutdown_message', OFFLINE)}
# All readings of the board in one message; boot and seq see to it that one that is sent again is stored once.
# Each sensor that has an id is one more line, such as  root["temperature"] = id(room_temperature).state;
interval:
  - interval: 10s
    then:
      - if:
          condition:
            mqtt.connected:
          then:
            - mqtt.publish_json:
                topic: ${yamlString(topics.data)}
                qos: 1
                payload: |-
                  static const uint32_t boot = random_uint32();
                  static uint32_t seq = 0;
                  root["boot"] = boot;
                  root["seq"] = ++seq;
                  root["up"] = millis();
`
}
