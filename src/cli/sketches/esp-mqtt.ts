import { addressUrl, type BoardSettings, cString, KEEPALIVE_S, OFFLINE, ONLINE, topicsOf } from './sketch.ts'

/** A C header for esp-mqtt of ESP-IDF 5. */
export const espMqtt = (board: BoardSettings): string => {
  const topics = topicsOf(board.id)
  return `\
/*
 * How this board reaches Sluice, for esp-mqtt of ESP-IDF 5, in C. It holds the board's secret: keep it out of version
 * control.
 *
 *   esp_mqtt_client_handle_t mqtt = esp_mqtt_client_init(&sluice_mqtt);
 *   esp_mqtt_client_start(mqtt);
 *   on MQTT_EVENT_CONNECTED:  esp_mqtt_client_publish(mqtt, SLUICE_STATUS, "${ONLINE}", 0, 1, 1);
 *   a reading, with QoS 1:    esp_mqtt_client_enqueue(mqtt, SLUICE_DATA, "{\\"temperature\\":21.5}", 0, 1, 0, true);
 *
 * The client id is the device id: nobody else can take it, and Sluice admits this board under no other.
 */
#pragma once
#include "mqtt_client.h"

#define SLUICE_DATA ${cString(topics.data)}      // readings go here, as JSON
#define SLUICE_STATUS ${cString(topics.status)}  // ${ONLINE} or ${OFFLINE}; the board's will
#define SLUICE_ERRORS ${cString(topics.errors)}  // subscribe: why a message was refused
#define SLUICE_BUZZER ${cString(topics.buzzer)}  // subscribe: asks for a beep

static const esp_mqtt_client_config_t sluice_mqtt = {
    .broker.address.uri = ${cString(addressUrl('mqtt', board))},
    .credentials.client_id = ${cString(board.id)},
    .credentials.username = ${cString(board.id)},
    .credentials.authentication.password = ${cString(board.secret)},
    .session.keepalive = ${KEEPALIVE_S},
    .session.last_will = {.topic = SLUICE_STATUS, .msg = "${OFFLINE}", .qos = 1, .retain = 1},
};
`
}
