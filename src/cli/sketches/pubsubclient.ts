import { type BoardSettings, cString, OFFLINE, ONLINE, topicsOf } from './sketch.ts'

const LEAST_BUFFER_BYTES = 512

const field = (text: string): number => 2 + Buffer.byteLength(text)

/** The library drops without a word what does not fit, its own CONNECT included: [MQTT-3.1] and 5 bytes it keeps free. */
const bufferBytes = ({ id, secret }: BoardSettings): number => {
  const fields = [id, topicsOf(id).status, OFFLINE, id, secret]
  const connect = 5 + 10 + fields.reduce((sum, text) => sum + field(text), 0)
  return Math.max(LEAST_BUFFER_BYTES, Math.ceil(connect / 256) * 256)
}

/** A header for the Arduino library PubSubClient 2.8. */
export const pubsubclient = (board: BoardSettings): string => `\
/*
 * How this board reaches Sluice, for PubSubClient 2.8. It holds the board's secret: keep it out of version control.
 *
 *   #include "sluice.h"
 *   WiFiClient net;
 *   PubSubClient mqtt(net);
 *
 * In setup():  sluiceBegin(mqtt);
 * In loop():   if (!mqtt.loop()) sluiceConnect(mqtt);   with a pause between two attempts, 1 s and longer each time
 *              mqtt.publish(SLUICE_DATA, "{\\"temperature\\":21.5}");
 *
 * The client id is the device id: nobody else can take it, and Sluice admits this board under no other.
 */
#pragma once
#include <PubSubClient.h>

#define SLUICE_HOST ${cString(board.host)}
#define SLUICE_PORT ${board.port}
#define SLUICE_DEVICE ${cString(board.id)}
#define SLUICE_SECRET ${cString(board.secret)}

#define SLUICE_DATA "sensors/" SLUICE_DEVICE "/data"      // readings go here, as JSON
#define SLUICE_STATUS "devices/" SLUICE_DEVICE "/status"  // ${ONLINE} or ${OFFLINE}; the board's will
#define SLUICE_ERRORS "errors/" SLUICE_DEVICE             // subscribe: why a message was refused
#define SLUICE_BUZZER "buzzer/" SLUICE_DEVICE "/cmd"      // subscribe: asks for a beep

inline void sluiceBegin(PubSubClient &mqtt) {
  mqtt.setServer(SLUICE_HOST, SLUICE_PORT);
  mqtt.setBufferSize(${bufferBytes(board)});  // the library leaves out larger messages without a word
}

inline bool sluiceConnect(PubSubClient &mqtt) {
  return mqtt.connect(SLUICE_DEVICE, SLUICE_DEVICE, SLUICE_SECRET, SLUICE_STATUS, 1, true, "${OFFLINE}") &&
         mqtt.publish(SLUICE_STATUS, "${ONLINE}", true);
}
`
