import { serve } from '../../server.ts'
import type { Command } from '../command.ts'

const command: Command = {
  description:
    'Runs the service until SIGTERM or SIGINT. Its log goes to standard output, as JSON unless that is a terminal.',

  async run({ config, isInteractive }) {
    await serve(config(), isInteractive)
  }
}

export default command
