import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** How IPv6 writes an address of IPv4 (RFC 4291, section 2.5.5.2), as sockets for both kinds report it. */
const MAPPED = '::ffff:'

/**
 * What counts as one address, however it is written. Of IPv6 that is the /64 network, the least that a customer gets
 * (RFC 6177): whoever is in one is free to take any address of it.
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip

  const [zoneless = ''] = ip.split('%')
  const { address } = new SocketAddress({ address: zoneless, family: 'ipv6' })
  const rest = address.slice(MAPPED.length)
  if (address.startsWith(MAPPED) && isIPv4(rest)) return rest

  const [head = [], tail = []] = address
    .split('::')
    .map(part => part.split(':').filter(group => group !== ''))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`
}
