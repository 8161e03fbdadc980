/** Source addresses: by routes, then by prefixes. */
import { familyOf, parseAddress } from '../packet/index.ts';
import type { Stack } from './state.ts';

/** Whether an address lies in a prefix. */
function inPrefix(address: string, network: string, length: number): boolean {
  if (familyOf(address) !== familyOf(network)) return false;
  const a = parseAddress(address);
  const b = parseAddress(network);
  for (let bit = 0; bit < length; bit++) {
    const mask = 0x80 >> (bit % 8);
    if (((a[bit >> 3] ?? 0) & mask) !== ((b[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

/** Splits `192.0.2.0/24`; without a length it is one address. */
export function splitPrefix(text: string): { address: string; prefix: number } {
  const [address = '', length] = text.split('/');
  return { address, prefix: length === undefined ? parseAddress(address).length * 8 : Number(length) };
}

/** The device by which packets to a destination leave; where no route tells, that of the source address. */
export function deviceFor(stack: Stack, source: string, destination: string): string {
  const routes = stack.routes
    .filter((one) => inPrefix(destination, one.destination, one.prefix))
    .sort((a, b) => b.prefix - a.prefix);
  if (routes[0] !== undefined) return routes[0].device;
  const onLink = stack.devices.filter((device) =>
    device.addresses.some((one) => inPrefix(destination, one.address, one.prefix)),
  );
  const owner = stack.devices.find((device) => device.addresses.some((one) => one.address === source));
  return (onLink.find((one) => one === owner) ?? onLink.find((one) => one.up) ?? owner)?.name ?? '';
}

/** The address from which a destination is reached; undefined when there is none of its family. */
export function sourceFor(stack: Stack, destination: string): string | undefined {
  const family = familyOf(destination);
  const up = stack.devices.filter((device) => device.up);
  const routes = stack.routes
    .filter((one) => inPrefix(destination, one.destination, one.prefix))
    .sort((a, b) => b.prefix - a.prefix);
  for (const route of routes) {
    const device = up.find((one) => one.name === route.device);
    const address = route.source ?? device?.addresses.find((one) => one.family === family)?.address;
    if (device !== undefined && address !== undefined) return address;
  }
  const all = up.flatMap((device) => device.addresses).filter((one) => one.family === family);
  return (all.find((one) => inPrefix(destination, one.address, one.prefix)) ?? all[0])?.address;
}
