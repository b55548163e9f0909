// The part of PubSubClient's interface that the sketch uses. Like the library it hands over payloads that no NUL ends,
// and leaves out what does not fit into 256 bytes.
#pragma once
#include "WiFi.h"

using Callback = void (*)(char *, byte *, unsigned int);

class PubSubClient {
 public:
  explicit PubSubClient(WiFiClient &) {}
  void setServer(const char *host, uint16_t port);
  void setSocketTimeout(uint16_t) {}
  void setCallback(Callback given) { callback = given; }
  bool connect(const char *id, const char *user, const char *password);
  bool subscribe(const char *topic);
  bool publish(const char *topic, const char *payload);
  bool loop();
  bool connected();
  void disconnect();

 private:
  Callback callback = nullptr;
};
