/*
 * An ESP32 that loses no reading it has sent, with PubSubClient, which knows only QoS 0.
 *
 * Every reading carries `boot` and `seq`. Sluice answers on acks/{id} up to which `seq` everything is on disk; what is
 * not answered is sent again. A reading that arrives twice is stored once. docs/boards.md has the rules behind it.
 *
 * A reading is given its number when it is first sent, and from then on is kept until it is durable: so there is never
 * a number that cannot be filled. When the connection is away for long, the oldest reading that has no number yet makes
 * room. After a restart the numbers begin anew, under a new `boot`.
 */
#include <PubSubClient.h>
#include <WiFi.h>

#ifndef SETTINGS
#define WIFI_NAME "name"
#define WIFI_PASSWORD "password"
// As `npx sluice device add esp32-1` prints them; the device id is user name and MQTT client id too.
#define SLUICE_HOST "192.168.1.10"
#define SLUICE_PORT 1883
#define SLUICE_DEVICE "esp32-1"
#define SLUICE_SECRET "its secret"
#define MEASURE_MS 1000
#endif

const uint32_t KEEP = 64;         // readings that are kept in memory at most
const uint32_t WINDOW = 8;        // of them sent, and not yet durable
const uint32_t RESEND_MS = 2000;  // several times what an ack takes: up to 0.2 s in Sluice, and the way there and back

WiFiClient net;
PubSubClient mqtt(net);

struct Reading {
  uint32_t up;
  float temperature;
};

Reading kept[KEEP];         // a ring: number n is in kept[n % KEEP]
uint32_t first = 1;         // the number of the oldest one kept; everything below it is durable
uint32_t sent = 0;          // so many from there on were sent, and have their number for good
uint32_t count = 0;         // so many from there on are kept
uint32_t forgotten = 0;     // so many made room before they were sent
uint32_t waitingSince = 0;  // nothing new became durable since then
char boot[9];               // of this start

// --- at least once ---------------------------------------------------------------------------------------------------

Reading &at(uint32_t i) { return kept[(first + i) % KEEP]; }

void keepReading(float temperature) {
  if (count == KEEP) {
    for (uint32_t i = sent; i + 1 < count; i++) at(i) = at(i + 1);
    count--;
    forgotten++;
  }
  at(count++) = {(uint32_t)millis(), temperature};
}

void sendReading(uint32_t i) {
  char value[16] = "null", json[128];  // nan is no JSON: the message would be refused, and never acked
  if (isfinite(at(i).temperature)) snprintf(value, sizeof value, "%.2f", at(i).temperature);
  snprintf(json, sizeof json, "{\"boot\":\"%s\",\"seq\":%lu,\"up\":%lu,\"temperature\":%s}", boot,
           (unsigned long)(first + i), (unsigned long)at(i).up, value);
  if (i == sent) sent++;  // also when publish fails: it may be on its way all the same
  mqtt.publish("sensors/" SLUICE_DEVICE "/data", json);
}

void onAck(char *, byte *payload, unsigned int length) {
  char head[40];
  const unsigned int n = snprintf(head, sizeof head, "{\"boot\":\"%s\",\"seq\":", boot);
  if (length <= n || memcmp(payload, head, n) != 0) return;           // of an earlier start
  const uint32_t durable = strtoul((char *)payload + n, nullptr, 10);  // null reads as 0
  for (; sent > 0 && first <= durable; waitingSince = millis()) first++, sent--, count--;
}

void pump() {
  const uint32_t now = millis();
  if (sent == 0) waitingSince = now;
  while (sent < count && sent < WINDOW) sendReading(sent);
  if (now - waitingSince < RESEND_MS) return;
  waitingSince = now;
  for (uint32_t i = 0; i < sent; i++) sendReading(i);
}

// --- around it -------------------------------------------------------------------------------------------------------

uint32_t measuredAt = 0;
uint32_t triedAt = 0;
uint32_t pauseMs = 0;

void stayConnected() {
  if (mqtt.loop() || WiFi.status() != WL_CONNECTED || millis() - triedAt < pauseMs) return;
  triedAt = millis();
  if (mqtt.connect(SLUICE_DEVICE, SLUICE_DEVICE, SLUICE_SECRET) && mqtt.subscribe("acks/" SLUICE_DEVICE)) {
    pauseMs = 0;
    waitingSince = millis();  // Sluice answers the subscription with what is durable
  } else {
    mqtt.disconnect();
    pauseMs = min(2 * pauseMs + 1000, (uint32_t)30000) + random(1000);
  }
}

void setup() {
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  snprintf(boot, sizeof boot, "%08lx", (unsigned long)esp_random());  // after Wi-Fi has begun: else it is less random
  mqtt.setServer(SLUICE_HOST, SLUICE_PORT);
  mqtt.setSocketTimeout(2);
  mqtt.setCallback(onAck);
}

void loop() {
  stayConnected();
  if (millis() - measuredAt >= MEASURE_MS) {
    measuredAt = millis();
    keepReading(temperatureRead());  // the chip's own sensor; yours goes here
  }
  if (mqtt.connected()) pump();
}
