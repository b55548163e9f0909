#!/bin/sh
# Compiles the sketch of docs/examples/pubsubclient-acks for this machine, and records anew what it does at the script
# that test/fixtures/acks-sketch.txt holds (its lines that begin with a letter). Needs g++.
set -eu
cd "$(dirname "$0")/../../.."
sketch=docs/examples/pubsubclient-acks/pubsubclient-acks.ino
record=test/fixtures/acks-sketch.txt
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
g++ -std=c++17 -Wall -Wextra -fsanitize=address,undefined -I test/support/arduino \
  -include Arduino.h test/support/arduino/scripted.cpp -o "$folder/scripted"
grep '^[a-z]' "$record" >"$folder/script"
{
  echo "# $(sha256sum "$sketch" | cut -d ' ' -f 1)"
  "$folder/scripted" <"$folder/script"
} >"$folder/record"
cp "$folder/record" "$record"
