import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { describeLostSeeds, findSeedKeys } from '../../src/auth/factors/seeds.ts'
import { factorStatements } from '../../src/auth/factors/statements.ts'

/** Says at the start how many authenticator apps no key opens: their owners would only find their codes wrong. */
async function sealingCheck(app: FastifyInstance) {
  app.addHook('onReady', async () => {
    const seeds = await factorStatements(app.store).countByKey.execute()
    const lost = describeLostSeeds(findSeedKeys(seeds, app.sealing.keyIds))
    if (lost !== undefined) app.log.warn(lost)
  })
}

export default fp(sealingCheck, { name: 'sealing-check', dependencies: ['database', 'sealing'] })
