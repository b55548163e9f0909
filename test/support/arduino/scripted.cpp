// Runs the sketch's own functions by a script and prints what they do, to be compared with the port in acks-sketch.ts.
//   t MS | keep VALUE | ack PAYLOAD | pump
#define SETTINGS
#define WIFI_NAME ""
#define WIFI_PASSWORD ""
#define SLUICE_HOST ""
#define SLUICE_PORT 0
#define SLUICE_DEVICE "a"
#define SLUICE_SECRET ""
#define MEASURE_MS 1000
#include "../../../docs/examples/pubsubclient-acks/pubsubclient-acks.ino"

#include <iostream>
#include <string>

static uint32_t now = 0;
unsigned long millis() { return now; }
long random(long) { return 0; }
uint32_t esp_random() { return 0xb007; }
float temperatureRead() { return 0; }

void PubSubClient::setServer(const char *, uint16_t) {}
bool PubSubClient::connect(const char *, const char *, const char *) { return true; }
bool PubSubClient::subscribe(const char *) { return true; }
bool PubSubClient::loop() { return true; }
bool PubSubClient::connected() { return true; }
void PubSubClient::disconnect() {}
bool PubSubClient::publish(const char *topic, const char *payload) {
  std::cout << "> " << topic << ' ' << payload << '\n';
  return true;
}

int main() {
  setup();
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto space = line.find(' ');
    const std::string word = line.substr(0, space);
    std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    std::cout << line << '\n';
    if (word == "t") now = static_cast<uint32_t>(std::stoul(rest));
    if (word == "keep") keepReading(std::stof(rest));
    if (word == "ack") onAck(nullptr, reinterpret_cast<byte *>(rest.data()), rest.size());
    if (word == "pump") pump();
    std::cout << "= " << first << ' ' << sent << ' ' << count << ' ' << forgotten << ' ' << waitingSince << '\n';
  }
}
