import { type Config, ConfigError } from '../../../config/config.ts'

/** @throws {ConfigError} when no mail is sent */
export function assertMailSettings(config: Config): asserts config is Config & { mail: object } {
  if (!config.mail)
    throw new ConfigError(
      'MAIL_URL: this sends a mail, and none is sent, because it is off or not set. Give smtp://USER:PASSWORD@HOST:PORT, ' +
        'smtps://USER:PASSWORD@HOST:PORT or file:FOLDER.'
    )
}
