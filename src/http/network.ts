import { isIPv6 } from 'node:net'
import { normalizeAddress } from './addresses.ts'

/**
 * What counts as one address, however it is written. Of IPv6 that is the /64 network, the least that a customer gets
 * (RFC 6177): whoever is in one is free to take any address of it.
 */
export function toNetwork(ip: string): string {
  const address = normalizeAddress(ip)
  if (address === undefined || !isIPv6(address)) return address ?? ip

  const [head = [], tail = []] = address
    .split('::')
    .map(part => part.split(':').filter(group => group !== ''))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`
}
