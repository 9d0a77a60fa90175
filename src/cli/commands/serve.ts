import { serve } from '../../server.ts'
import type { Command } from '../command.ts'

const command: Command = {
  description:
    'Runs the service until SIGTERM or SIGINT. The log goes to standard output: text on a terminal, JSON elsewhere.',

  async run({ config, isInteractive }) {
    await serve(config(), isInteractive)
  }
}

export default command
