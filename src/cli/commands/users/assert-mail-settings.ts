import { type Config, ConfigError } from '../../../config/config.ts'

/** @throws {ConfigError} when no mail is sent */
export function assertMailSettings({ mail }: Config): void {
  if (!mail) throw new ConfigError('MAIL_URL: is needed, since this sends a mail.')
}
