// The whole sketch as a program on this machine, against a running Sluice, on a link that loses messages both ways:
//   live PORT READINGS LOSS_PERCENT SECRET      the secret is what `npx sluice device add live` prints
// It measures so many readings, the n-th with the temperature n, ends when all of them are durable, and says what it
// saw. In the end `select count(*), count(distinct seq) from sensor_data where device_id = 'live'` has to give so many.
#include <cstdint>

static uint16_t port;
static const char *secret;
#define SETTINGS
#define WIFI_NAME ""
#define WIFI_PASSWORD ""
#define SLUICE_HOST "127.0.0.1"
#define SLUICE_PORT port
#define SLUICE_DEVICE "live"
#define SLUICE_SECRET secret
#define MEASURE_MS 250
#include "../../../docs/examples/pubsubclient-acks/pubsubclient-acks.ino"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <string>

static std::mt19937 chance{20261123};
static unsigned lossPercent, published, lost, acksLost;
static uint32_t measured, readings;
static int fd = -1;
static std::string incoming;

unsigned long millis() {
  using namespace std::chrono;
  static const auto start = steady_clock::now();
  return static_cast<unsigned long>(duration_cast<milliseconds>(steady_clock::now() - start).count());
}
long random(long below) { return static_cast<long>(chance() % static_cast<unsigned long>(below)); }
uint32_t esp_random() { return std::random_device{}(); }
float temperatureRead() { return static_cast<float>(++measured); }

static bool isLost() { return chance() % 100 < lossPercent; }

static std::string text(const std::string &value) {
  return std::string{char(value.size() >> 8), char(value.size() & 255)} + value;
}

static bool send(char header, const std::string &body) {
  std::string packet{header};
  size_t left = body.size();
  do {
    packet += char((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  packet += body;
  return fd >= 0 && ::send(fd, packet.data(), packet.size(), 0) == ssize_t(packet.size());
}

void PubSubClient::setServer(const char *, uint16_t) {}
bool PubSubClient::connected() { return fd >= 0; }
void PubSubClient::disconnect() {
  if (fd >= 0) close(fd);
  fd = -1;
  incoming.clear();
}
bool PubSubClient::connect(const char *id, const char *user, const char *password) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0 &&
      send(0x10, text("MQTT") + std::string{4, char(0xc2), 0, 15} + text(id) + text(user) + text(password))) {
    char connack[4];
    if (recv(fd, connack, 4, MSG_WAITALL) == 4 && connack[3] == 0) return true;
  }
  disconnect();
  return false;
}
bool PubSubClient::subscribe(const char *topic) {
  return send(char(0x82), std::string{0, 1} + text(topic) + std::string(1, '\0'));
}
bool PubSubClient::publish(const char *topic, const char *payload) {
  published++;
  if (!isLost()) return send(0x30, text(topic) + payload);
  lost++;
  return true;
}
bool PubSubClient::loop() {
  if (fd < 0) return false;
  pollfd ready{fd, POLLIN, 0};
  if (poll(&ready, 1, 1) > 0) {
    char chunk[4096];
    const ssize_t length = recv(fd, chunk, sizeof chunk, 0);
    if (length <= 0) return disconnect(), false;
    incoming.append(chunk, size_t(length));
  }
  // All that is sent here is shorter than 16 KiB: one or two bytes of length.
  while (incoming.size() >= 3) {
    const bool two = (incoming[1] & 128) != 0;
    const size_t head = two ? 3 : 2;
    const size_t length = size_t(incoming[1] & 127) + (two ? size_t(incoming[2]) << 7 : 0);
    if (incoming.size() < head + length) break;
    std::string body = incoming.substr(head, length);
    const bool isPublish = (incoming[0] & 0xf0) == 0x30;
    incoming.erase(0, head + length);
    if (!isPublish || head + length > 256) continue;
    const size_t topic = 2 + size_t(byte(body[0])) * 256 + byte(body[1]);
    if (isLost()) acksLost++;
    else callback(nullptr, reinterpret_cast<byte *>(body.data() + topic), unsigned(body.size() - topic));
  }
  return true;
}

int main(int given, char **arguments) {
  if (given != 5) return 2;
  signal(SIGPIPE, SIG_IGN);
  port = static_cast<uint16_t>(std::stoi(arguments[1]));
  readings = static_cast<uint32_t>(std::stoul(arguments[2]));
  lossPercent = static_cast<unsigned>(std::stoul(arguments[3]));
  secret = arguments[4];
  setup();
  while (measured < readings) loop();
  while (count > 0) {
    stayConnected();
    if (mqtt.connected()) pump();
  }
  printf("boot %s: %u measured, %u forgotten, %u published, %u of them lost, %u acks lost\n", boot, measured, forgotten,
         published, lost, acksLost);
}
