import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AuditEventDocument, AuditEventPageDocument, SessionDocument } from './auth/account-schemas.ts'
import {
  ChallengeDocument,
  ConfirmedPairDocument,
  RegisteredPairDocument,
  TokenPairDocument,
  UserDocument
} from './auth/documents.ts'
import {
  ConfirmedFactorDocument,
  FactorDocument,
  FactorListDocument,
  NewTotpFactorDocument,
  RecoveryCodesDocument,
  SecondFactorPairDocument
} from './auth/factors/documents.ts'
import {
  AddedPasskeyDocument,
  PasskeyCreationOptionsDocument,
  PasskeyDocument,
  PasskeyRequestOptionsDocument
} from './auth/passkeys/documents.ts'
import { AuthenticationDocument } from './auth/reauthentication-schemas.ts'
import { CreatedPersonalAccessTokenDocument, PersonalAccessTokenDocument } from './auth/tokens/schemas.ts'
import { ChangeDocument, ChangePageDocument } from './changes/schemas.ts'
import { ListDocument, ListPageDocument } from './lists/documents.ts'
import { ProblemDocument } from './schemas.ts'
import { LimitsDocument } from './system/limits.ts'
import { TagChangeDocument, TagDocument, TagPageDocument } from './tags/schemas.ts'
import { BatchDocument } from './todos/batch-schemas.ts'
import {
  CompletionDocument,
  CompletionPageDocument,
  TodoDocument,
  TodoPageDocument
} from './todos/documents.ts'

/** Registers the named schemas. Other schemas refer to them, and generated clients get one type for each. */
async function components(app: FastifyInstance) {
  const schemas = [
    ProblemDocument,
    LimitsDocument,
    UserDocument,
    TokenPairDocument,
    ChallengeDocument,
    RegisteredPairDocument,
    ConfirmedPairDocument,
    SecondFactorPairDocument,
    FactorDocument,
    FactorListDocument,
    NewTotpFactorDocument,
    ConfirmedFactorDocument,
    RecoveryCodesDocument,
    AuthenticationDocument,
    SessionDocument,
    PasskeyDocument,
    AddedPasskeyDocument,
    PasskeyCreationOptionsDocument,
    PasskeyRequestOptionsDocument,
    AuditEventDocument,
    AuditEventPageDocument,
    PersonalAccessTokenDocument,
    CreatedPersonalAccessTokenDocument,
    TodoDocument,
    TodoPageDocument,
    CompletionDocument,
    CompletionPageDocument,
    BatchDocument,
    TagDocument,
    TagPageDocument,
    TagChangeDocument,
    ListDocument,
    ListPageDocument,
    ChangeDocument,
    ChangePageDocument
  ]
  for (const schema of schemas) app.addSchema(schema)
}

export default fp(components, { name: 'components' })
