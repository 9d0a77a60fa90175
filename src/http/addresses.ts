import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'
import { splitList } from '../config/config.ts'

/** How IPv6 writes an address of IPv4 (RFC 4291, section 2.5.5.2), as sockets for both kinds report it. */
const MAPPED_PREFIX = '::ffff:'
/** The bits of an IPv6 address that come before such a one. */
const MAPPED_BITS = 96
/** An address with a port, as some proxies pass it on; of IPv6 also the brackets alone. */
const ADDRESS_WITH_PORT = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/

/** Whether an address is that of a proxy whose word on who sends a request counts. */
export type TrustCheck = (address: string | undefined) => boolean

/**
 * The one text of an address, however it was written: IPv6 shortened and in lower case (RFC 5952), without a zone, which
 * means something on the machine itself only; an address of IPv4 as that.
 * @returns undefined for what is no address
 */
export function normalizeAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return undefined
  const [zoneless = ''] = text.split('%')
  const { address } = new SocketAddress({ address: zoneless, family: 'ipv6' })
  const rest = address.slice(MAPPED_PREFIX.length)
  return address.startsWith(MAPPED_PREFIX) && isIPv4(rest) ? rest : address
}

/** @param setting TRUST_PROXY: true, false, or addresses and networks, separated by commas */
export function createTrustCheck(setting: string): TrustCheck {
  if (setting === 'false') return () => false
  if (setting === 'true') return () => true

  const proxies = new BlockList()
  for (const network of splitList(setting)) addNetwork(proxies, network)
  return text => {
    const address = normalizeAddress(text ?? '')
    return address !== undefined && proxies.check(address, getFamily(address))
  }
}

function addNetwork(proxies: BlockList, network: string) {
  const [text = '', prefix] = network.split('/')
  const address = String(normalizeAddress(text))
  const family = getFamily(address)
  if (prefix === undefined) return proxies.addAddress(address, family)
  const isMapped = family === 'ipv4' && isIPv6(text)
  proxies.addSubnet(address, Math.max(0, Number(prefix) - (isMapped ? MAPPED_BITS : 0)), family)
}

const getFamily = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6')

/**
 * Who sends a request: the peer of the connection; if that is a trusted proxy, whom it names; and so on. An entry that is no
 * address (`unknown`, a name, anything) is not believed: the proxy that passed it on counts as the client.
 * @param forwarded the value of X-Forwarded-For, to which each proxy adds its peer at the end
 * @returns the text of the address as `addressOf` writes it; none of a connection that has none
 */
export function getClientAddress(
  peer: string | undefined,
  forwarded: string | undefined,
  isTrusted: TrustCheck
): string {
  let client = normalizeAddress(peer ?? '') ?? ''
  if (forwarded === undefined || !isTrusted(client)) return client

  for (const hop of splitList(forwarded).toReversed()) {
    if (hop === '') continue
    const address = normalizeAddress(stripPort(hop))
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
