/**
 * The most requests of a minute from one address (IPv6: one /64 network) that guess or hash. `account` is for each of those
 * that verify a password or a code, or send a mail.
 */
export const REQUESTS_PER_MINUTE = { register: 20, login: 30, refresh: 120, account: 20 }
