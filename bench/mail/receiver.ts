import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/* A mail server that takes everything and keeps nothing. It tells its parent the port. */

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  onData: (stream, _session, callback) => stream.resume().on('end', callback)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.server.address() as AddressInfo).port))
