#!/bin/sh
# Makes certificates for trying TLS out, and for a network of one's own: a CA, a server certificate, and client
# certificates for boards. ECDSA P-256 throughout, and each signed by the CA itself: a handshake is some 1 KB instead
# of the 4 KB of a public RSA chain, which a board has to hold while it checks it.
#
#   scripts/make-test-ca.sh [--out DIR] [--days N] [NAME|ADDRESS]...   ca.crt ca.key server.crt server.key
#   scripts/make-test-ca.sh [--out DIR] [--days N] client ID           client-ID.crt client-ID.key
#
# A CA that is in DIR already is used; no file is ever overwritten. All files are readable by their owner only.
set -eu
umask 077

usage() {
  sed -n '/^#   /s/^# *//p' "$0"
  echo 'Default: --out tls --days 365, for localhost, 127.0.0.1 and ::1.'
}

fail() {
  echo "make-test-ca: $*" >&2
  exit 1
}

out=tls
days=365
ca_days=3650
while [ $# -gt 0 ]; do
  case $1 in
    --out | --days)
      [ $# -ge 2 ] || fail "$1 takes a value"
      if [ "$1" = --out ]; then out=$2; else days=$2; fi
      shift 2
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) fail "unknown option $1; --help tells those there are" ;;
    *) break ;;
  esac
done

case $days in
  '' | *[!0-9]*) fail "--days takes a whole number, not '$days'" ;;
esac
command -v openssl >/dev/null 2>&1 || fail 'openssl is not installed (Debian, Ubuntu: apt-get install openssl)'

# Never over what is there: a board holds the CA in its firmware.
refuse_existing() {
  for file in "$@"; do
    [ ! -e "$out/$file" ] || fail "$out/$file is there already: remove it first, or use another --out"
  done
}

work=
cleanup() { [ -z "$work" ] || rm -rf "$work"; }
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

make_ca() {
  if [ -e "$out/ca.crt" ] && [ -e "$out/ca.key" ]; then return; fi
  refuse_existing ca.crt ca.key
  cat >"$work/ca.cnf" <<CNF
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = Sluice test CA
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
CNF
  new_key "$work/ca.key"
  openssl req -x509 -new -sha256 -key "$work/ca.key" -days "$ca_days" -config "$work/ca.cnf" -out "$work/ca.crt"
  mv "$work/ca.key" "$out/ca.key"
  mv "$work/ca.crt" "$out/ca.crt"
}

# sign FILE CN USAGE [SAN]: makes FILE.key and FILE.crt.
sign() {
  cat >"$work/leaf.cnf" <<CNF
[req]
prompt = no
distinguished_name = name
[name]
CN = $2
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = $3
authorityKeyIdentifier = keyid
${4:+subjectAltName = $4}
CNF
  new_key "$work/leaf.key"
  openssl req -new -sha256 -key "$work/leaf.key" -config "$work/leaf.cnf" -out "$work/leaf.csr"
  # Positive and 16 bytes at most, as RFC 5280 asks for.
  openssl x509 -req -sha256 -in "$work/leaf.csr" -CA "$out/ca.crt" -CAkey "$out/ca.key" -days "$days" \
    -set_serial "0x7$(openssl rand -hex 15)" -extfile "$work/leaf.cnf" -extensions extensions \
    -out "$work/leaf.crt" 2>"$work/said" || fail "openssl: $(cat "$work/said")"
  mv "$work/leaf.key" "$out/$1.key"
  mv "$work/leaf.crt" "$out/$1.crt"
}

prepare() {
  mkdir -p "$out"
  work=$(mktemp -d "$out/.making.XXXXXX")
}

if [ "${1:-}" = client ]; then
  [ $# -eq 2 ] || fail 'client takes one device id'
  # 64 is the most that a certificate's name may have.
  case $2 in
    '' | .* | *[!A-Za-z0-9._-]* | ?????????????????????????????????????????????????????????????????*)
      fail "the id '$2' cannot stand in a certificate here: 1 to 64 letters, digits, dots, _ and -, no dot first"
      ;;
  esac
  if [ ! -e "$out/ca.crt" ] || [ ! -e "$out/ca.key" ]; then
    fail "$out has no ca.crt and ca.key: make them first, without 'client'"
  fi
  refuse_existing "client-$2.crt" "client-$2.key"
  prepare
  sign "client-$2" "$2" clientAuth
  echo "made $out/client-$2.crt and $out/client-$2.key; Sluice accepts them with TLS_CA=$out/ca.crt"
  exit 0
fi

[ $# -gt 0 ] || set -- localhost 127.0.0.1 ::1
san=
for name in "$@"; do
  case $name in
    '' | -* | *[!A-Za-z0-9.:*-]*) fail "'$name' is neither a host name nor an address" ;;
    *:* | [0-9]*.[0-9]*.[0-9]*.*[0-9]) kind=IP ;;
    *) kind=DNS ;;
  esac
  san="$san${san:+, }$kind:$name"
done
[ ${#1} -le 64 ] || fail "'$1' has more than the 64 characters that a certificate's name may have"
refuse_existing server.crt server.key
prepare
make_ca
sign server "$1" serverAuth "$san"
echo "made $out/server.crt and $out/server.key for $*, signed by $out/ca.crt"
echo "start Sluice with TLS_CERT=$out/server.crt TLS_KEY=$out/server.key; clients trust $out/ca.crt"
