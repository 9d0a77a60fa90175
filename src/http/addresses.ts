import { isIP, isIPv4 } from 'node:net'
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js'

/** An address with a port, as some proxies write it; for IPv6 also the brackets alone. */
const ADDRESS_WITH_PORT = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/
/** The bits in front of an IPv4 address that is written as IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96

/** Whether an address belongs to a trusted proxy, which may name the client of a request. */
export type TrustCheck = (address: string | undefined) => boolean

/**
 * Normalizes an address to one text: IPv6 as in RFC 5952, without a zone, which has a meaning on this machine only; IPv4
 * that is written as IPv6 (`::ffff:192.0.2.1`, as sockets for both report it) as IPv4.
 * @returns undefined for a text that is no address
 */
export function normalizeAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  return parseAddress(text)?.toString()
}

/**
 * Parses an address as Node understands it. The library alone accepts octal and short forms (`010.1`), and takes the
 * deprecated `::192.0.2.1` (RFC 4291, section 2.5.5.1) for IPv4.
 */
function parseAddress(text: string): IPv4 | IPv6 | undefined {
  if (isIP(text) === 0) return undefined
  const [zoneless = ''] = text.split('%')
  if (isIPv4(text)) return ipaddr.IPv4.parse(text)
  const address = ipaddr.IPv6.parse(zoneless.replace(/^::(?=\d+\.)/, '::0:'))
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

/**
 * The network that limits count as one client: an IPv4 address, or the /64 network of an IPv6 address. A /64 is the least
 * that a customer gets (RFC 6177), who may use any address of the network.
 * @returns the address itself, or `2001:db8:0:1::/64`; any other text as it is
 */
export function toNetwork(ip: string): string {
  if (isIPv4(ip)) return ip
  const address = parseAddress(ip)
  if (!(address instanceof ipaddr.IPv6)) return address?.toString() ?? ip
  const prefix = address.parts.slice(0, 4).map(group => group.toString(16))
  return `${prefix.join(':')}::/64`
}

/** Whether a text is an address or a network in CIDR notation, such as `10.0.0.0/8`. */
export const isNetwork = (text: string): boolean =>
  isIP(text) > 0 || (isIP(`${text.split('/')[0]}`) > 0 && ipaddr.isValidCIDR(text))

/** @param proxies all, none, or addresses and networks that `isNetwork` accepts */
export function createTrustCheck(proxies: boolean | readonly string[]): TrustCheck {
  if (typeof proxies === 'boolean') return () => proxies
  const networks = proxies.map(parseNetwork)
  return text => {
    const address = parseAddress(text ?? '')
    return address !== undefined && networks.some(network => toIPv6(address).match(network))
  }
}

/** Networks of both families are compared as IPv6, so that one network can have addresses of both. */
function parseNetwork(text: string): [IPv6, number] {
  if (isIP(text) > 0) return [toIPv6(ipaddr.parse(text)), 128]
  const [address, bits] = ipaddr.parseCIDR(text)
  return [toIPv6(address), address instanceof ipaddr.IPv4 ? bits + MAPPED_BITS : bits]
}

const toIPv6 = (address: IPv4 | IPv6): IPv6 =>
  address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address

/**
 * Finds the client of a request: the peer of the connection, or, when that is a trusted proxy, the client that the proxy
 * names, and so on. An entry that is no address (`unknown`, a name) is not believed: the proxy that passed it on counts as
 * the client.
 * @param forwarded the value of X-Forwarded-For, to which each proxy appends its peer
 * @returns the address as `normalizeAddress` writes it; an empty text for a connection that has none
 */
export function getClientAddress(
  peer: string | undefined,
  forwarded: string | undefined,
  isTrusted: TrustCheck
): string {
  let client = normalizeAddress(peer ?? '') ?? ''
  if (forwarded === undefined || !isTrusted(client)) return client

  for (const hop of forwarded.split(',').toReversed()) {
    if (hop.trim() === '') continue
    const address = normalizeAddress(stripPort(hop.trim()))
    if (address === undefined) return client
    client = address
    if (!isTrusted(client)) return client
  }
  return client
}

function stripPort(hop: string): string {
  const [, ipv6, ipv4] = ADDRESS_WITH_PORT.exec(hop) ?? []
  return ipv6 ?? ipv4 ?? hop
}
