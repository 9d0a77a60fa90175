import { and, count, eq, exists, isNotNull, isNull, lt, lte, ne, notExists, or, sql } from 'drizzle-orm'
import type { Engine } from '../../db/engine.ts'
import { param, paramRow, paramSelection, prepareShapes, prepareStatements } from '../../db/statements.ts'
import { defineTables } from '../../db/tables.ts'
import { passkeyTables } from '../passkeys/tables.ts'
import { toKeyIdSql } from '../sealing/sealing.ts'
import { userTables } from '../user.ts'
import { factorTables } from './tables.ts'

/** The most authenticator apps that an account has. */
export const MAX_TOTP_FACTORS = 5
/** The most answers to a challenge. */
export const MAX_TRIES = 5

const tables = defineTables(kit => ({ ...userTables(kit), ...factorTables(kit), ...passkeyTables(kit) }))

/** The statements on second factors. Each write names its user. */
export const factorStatements = prepareStatements(
  'factors',
  tables,
  (db, { users, totpFactors, recoveryCodes, spentChallenges, passkeys }) => {
    const ofUser = eq(totpFactors.userId, param(totpFactors.userId, 'userId'))
    const matchesFactor = and(eq(totpFactors.id, param(totpFactors.id, 'id')), ofUser)
    const isConfirmed = isNotNull(totpFactors.confirmedAt)
    const codesOfUser = eq(recoveryCodes.userId, param(recoveryCodes.userId, 'userId'))
    const matchesCode = and(eq(recoveryCodes.id, param(recoveryCodes.id, 'id')), codesOfUser)
    const isNewStep = lt(totpFactors.lastStep, param(totpFactors.lastStep, 'step'))
    const keyId = sql<string>`${sql.raw(toKeyIdSql('sealed_seed'))}`
    const confirmed = db.select({ id: totpFactors.id }).from(totpFactors).where(and(ofUser, isConfirmed))
    const passkeysOfUser = db
      .select({ id: passkeys.id })
      .from(passkeys)
      .where(eq(passkeys.userId, param(passkeys.userId, 'userId')))
    const challenge = eq(spentChallenges.id, param(spentChallenges.id, 'id'))
    const maxTries = sql.raw(`${MAX_TRIES}`)
    const withSecondFactor = db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, param(users.id, 'userId')), eq(users.hasSecondFactor, true)))
    const hasRoom = sql`(select count(*) from ${totpFactors} where ${and(ofUser, isConfirmed)}) < ${sql.raw(`${MAX_TOTP_FACTORS}`)}`
    return {
      list: db.select().from(totpFactors).where(ofUser).orderBy(totpFactors.id),
      listConfirmed: db.select().from(totpFactors).where(and(ofUser, isConfirmed)).orderBy(totpFactors.id),
      find: db.select().from(totpFactors).where(matchesFactor),
      countByKey: db
        .select({ name: keyId.as('name'), count: count() })
        .from(totpFactors)
        .where(isConfirmed)
        .groupBy(keyId),
      listPasskeys: passkeysOfUser,
      /** Affects no row when the account has as many confirmed factors as it can have. */
      insert: db
        .insert(totpFactors)
        .select(db.select(paramSelection(totpFactors)).from(sql`(select 1) as one`).where(hasRoom))
        .returning({ id: totpFactors.id }),
      removeUnconfirmed: db.delete(totpFactors).where(and(ofUser, isNull(totpFactors.confirmedAt))),
      /** Affects no row when the factor was confirmed before. */
      confirm: db
        .update(totpFactors)
        .set({
          confirmedAt: param(totpFactors.confirmedAt, 'confirmedAt'),
          lastStep: param(totpFactors.lastStep, 'step')
        })
        .where(and(matchesFactor, isNull(totpFactors.confirmedAt)))
        .returning({ id: totpFactors.id }),
      /** Takes a code: affects no row when it, or a later one, was taken before (RFC 6238, section 5.2). */
      useStep: db
        .update(totpFactors)
        .set({ lastStep: param(totpFactors.lastStep, 'step') })
        .where(and(matchesFactor, isConfirmed, isNewStep))
        .returning({ id: totpFactors.id }),
      /** Affects no row once another request has sealed the seed anew. */
      reseal: db
        .update(totpFactors)
        .set({ sealedSeed: param(totpFactors.sealedSeed, 'sealedSeed') })
        .where(and(matchesFactor, ne(totpFactors.sealedSeed, param(totpFactors.sealedSeed, 'sealedSeed')))),
      remove: db.delete(totpFactors).where(matchesFactor).returning({ id: totpFactors.id }),
      removeAll: db.delete(totpFactors).where(ofUser),
      removeAllPasskeys: db.delete(passkeys).where(eq(passkeys.userId, param(passkeys.userId, 'userId'))),
      /** Writes whether the account has a second factor. Comes after each statement that adds or removes one. */
      refreshSecondFactor: db
        .update(users)
        .set({ hasSecondFactor: or(exists(confirmed), exists(passkeysOfUser)) })
        .where(eq(users.id, param(users.id, 'userId')))
        .returning({ hasSecondFactor: users.hasSecondFactor }),
      /** Finds a row while the account has a second factor. */
      assertSecondFactor: withSecondFactor,
      countRecoveryCodes: db.select({ count: count() }).from(recoveryCodes).where(codesOfUser),
      findRecoveryCode: db.select({ id: recoveryCodes.id }).from(recoveryCodes).where(matchesCode),
      insertRecoveryCode: db.insert(recoveryCodes).values(paramRow(recoveryCodes)),
      /** Uses a code up: of two uses at a time one affects the row. */
      useRecoveryCode: db.delete(recoveryCodes).where(matchesCode).returning({ id: recoveryCodes.id }),
      removeRecoveryCodes: db.delete(recoveryCodes).where(codesOfUser),
      /** Comes after `refreshSecondFactor`: codes are of no use without a second factor. */
      removeUnneededCodes: db.delete(recoveryCodes).where(and(codesOfUser, notExists(withSecondFactor))),
      /** Counts an answer to a challenge. Affects no row when no more are allowed, or the challenge was used. */
      countTry: db
        .insert(spentChallenges)
        .values({ ...paramRow(spentChallenges), failures: sql`1` })
        .onConflictDoUpdate({
          target: spentChallenges.id,
          set: { failures: sql`${spentChallenges.failures} + 1` },
          setWhere: lt(spentChallenges.failures, maxTries)
        })
        .returning({ failures: spentChallenges.failures }),
      /** Uses a challenge up: of two uses at a time one affects the row. */
      useChallenge: db
        .update(spentChallenges)
        .set({ failures: sql`${maxTries} + 1` })
        .where(and(challenge, lte(spentChallenges.failures, maxTries)))
        .returning({ id: spentChallenges.id })
    }
  }
)

const insertCodes = prepareShapes('factors_insertCodes', (engine, _shape: null) => {
  const { recoveryCodes } = factorTables(engine.kit)
  const { rows, text } = engine.jsonElements(sql.placeholder('ids'))
  const existing = engine.db
    .select({ id: recoveryCodes.id })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, param(recoveryCodes.userId, 'userId')))
  return engine.db
    .insert(recoveryCodes)
    .select(
      engine.db
        .select({
          ...paramSelection(recoveryCodes),
          id: text.as('id')
        })
        .from(rows)
        .where(notExists(existing))
    )
    .returning({ id: recoveryCodes.id })
})

/** Adds the codes of a JSON array of ids. Affects no row when the account has codes. */
export const insertFirstCodes = (engine: Engine) => insertCodes(engine, null)
