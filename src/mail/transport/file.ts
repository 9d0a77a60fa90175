import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createTransport } from 'nodemailer'
import { createPrivateFile } from '../../process/private-files.ts'
import { describeSystemError } from '../../process/system-error.ts'
import { MailError, type MailTransport } from '../mail.ts'
import { toMimeOptions } from './mime.ts'

/**
 * Writes each message to a file of its own, which any mail program opens. Only the owner may read the files.
 * @param folder made at the first message, with the folders above it
 * @param from the sender
 */
export function createFileTransport(folder: string, from: string, access = accessSync): MailTransport {
  const composer = createTransport({ streamTransport: true, buffer: true })

  function write(id: string, content: Buffer): string {
    const path = join(folder, `${id}.eml`)
    const draft = `${path}.draft`
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // A message that is sent again takes the place of the one before, as a whole.
      rmSync(draft, { force: true })
      createPrivateFile(draft, content)
      renameSync(draft, path)
      return path
    } catch (error) {
      throw new MailError(`${path} cannot be written: ${describeSystemError(error)}`, false)
    }
  }

  return {
    async send(message) {
      const { message: content } = await composer.sendMail(toMimeOptions(message, from))
      return write(message.id, content as Buffer)
    },
    async verify() {
      const existing = findExisting(resolve(folder))
      if (!statSync(existing).isDirectory()) throw new MailError(`${existing} is not a folder`, false)
      try {
        access(existing, constants.W_OK | constants.X_OK)
      } catch (error) {
        throw new MailError(`${existing} cannot be written to: ${describeSystemError(error)}`, false)
      }
    },
    close() {}
  }
}

/** The path itself, or what is nearest above it. */
const findExisting = (path: string): string => (existsSync(path) ? path : findExisting(dirname(path)))
