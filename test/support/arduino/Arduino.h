// As much of the Arduino world as the sketch in docs/examples/pubsubclient-acks uses, on a PC.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using byte = uint8_t;
using std::isfinite;
using std::min;

unsigned long millis();
long random(long below);
uint32_t esp_random();
float temperatureRead();
