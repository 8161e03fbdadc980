#!/usr/bin/env bash
# A lab on one machine for trying --sut relay: a namespace plays a box whose service is relay.py, on a cable of its own.
#
#   relay-lab.sh COMMAND...
#
# writes lab.yaml into the working folder and runs the command beside the box, in namespaces that end with it. As root, or as a
# user who may make user namespaces. RELAY_WORDS and SERVICE choose another service of relay.py and what lab.yaml says of it.
set -eu
if [ -z "${INSIDE-}" ]; then
  [ "$(id -u)" = 0 ] && as= || as='--user --map-root-user'
  INSIDE=1 exec unshare $as --net --mount -- "$0" "$@"
fi
unset INSIDE
served=
unshare --net sleep infinity & box=$!
trap 'kill $box $served' EXIT
own=$(readlink /proc/self/ns/net)
while [ "$(readlink /proc/$box/ns/net)" = "$own" ]; do :; done
there="nsenter --target $box --net"
hardware_address() { $1 ip -oneline link show "$2" | sed 's/.*ether \([0-9a-f:]*\).*/\1/'; }

# The link under test: this side answers no neighbour discovery, so the box has an entry for it.
ip link add cable type veth peer name lan netns $box
$there ip link set lo up; $there ip link set lan up
$there ip address add 10.1.1.2/24 dev lan; $there ip address add fd00:1::2/64 dev lan nodad
for near in 10.1.1.1 fd00:1::1; do $there ip neigh add $near lladdr "$(hardware_address '' cable)" dev lan; done

# The way from the box to its backend, which this machine plays.
ip link add back type veth peer name front netns $box
ip address add 192.0.2.1/24 dev back; ip link set back up
$there ip address add 192.0.2.2/24 dev front; $there ip link set front up
$there python3 "$(dirname "$0")/relay.py" ${RELAY_WORDS:-8443 192.0.2.1 8000} & served=$!
until $there ss -ltn | grep -q ':8443 '; do sleep 0.05; done

cat > lab.yaml <<END
sut: acme-gateway
version: "2.1"
service: { ${SERVICE:-port: 8443, relays-to: "192.0.2.1:8000"} }
links:
  - device: cable
    address: { ipv4: 10.1.1.1/24, ipv6: "fd00:1::1/64" }
    sut-address: { ipv4: 10.1.1.2/24, ipv6: "fd00:1::2/64" }
    sut-hardware-address: "$(hardware_address "$there" lan)"
END
"$@"
