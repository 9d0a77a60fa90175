import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createSealing, type Sealing } from '../../src/auth/sealing/sealing.ts'
import { loadSealingSecrets } from '../../src/auth/sealing/sealing-secrets.ts'
import type { Config } from '../../src/config/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Seals what is stored and must be read again. */
    sealing: Sealing
  }
}

async function sealing(app: FastifyInstance, { config }: { config: Config }) {
  const secrets = loadSealingSecrets(config, file =>
    app.log.info({ key: file }, `A key to seal secrets with was made: ${file}. Back it up with the database`)
  )
  app.decorate(
    'sealing',
    createSealing(secrets, () =>
      app.log.error(
        'The secret of an authenticator app is sealed by a key that is not there. Add it to SEALING_KEY'
      )
    )
  )
}

export default fp(sealing, { name: 'sealing', dependencies: ['database'] })
