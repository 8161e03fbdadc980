/** For tests: the shell text that makes a bench, a namespace that plays a host on other ends of cables. */

/**
 * Lines of a bash script. After them `$bench` is the process whose network namespace is the host, `$there` runs a command
 * in it, and `address "$there" DEVICE` prints a device's Ethernet address (`address ""` for this side). The host is gone
 * when the script ends; a program that the script has started there in `$served` ends too.
 */
export const MAKE_BENCH = `
set -eu
served=
unshare --net sleep infinity & bench=$!
trap 'kill $bench $served' EXIT
own=$(readlink /proc/self/ns/net)
while [ "$(readlink /proc/$bench/ns/net)" = "$own" ]; do :; done
there="nsenter --target $bench --net"
address() { $1 ip -oneline link show $2 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/'; }
`;

/**
 * A cable to the host with fixed addresses: `cable` here, `lan` there. The host has neighbour entries for this side,
 * which does not answer neighbour discovery.
 */
export const CABLE = `
ip link add cable type veth peer name lan netns $bench
$there ip link set lo up; $there ip link set lan up
$there ip address add 10.1.1.2/24 dev lan; $there ip address add fd00:1::2/64 dev lan nodad
for near in 10.1.1.1 fd00:1::1; do $there ip neigh add $near lladdr "$(address "" cable)" dev lan; done
`;

/** The words that begin a command in network and mount namespaces of its own, as root or as an ordinary user. */
export function inNamespaces(): string[] {
  const asRoot = process.getuid?.() === 0;
  return ['unshare', ...(asRoot ? [] : ['--user', '--map-root-user']), '--net', '--mount', '--'];
}
