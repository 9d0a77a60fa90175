import { LRUCache } from 'lru-cache'
import { toIdParams } from '../../db/read-batches.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import type { ClaimedIdentity } from '../sessions/authenticate.ts'
import type { Caller } from '../user.ts'
import type { LastUse } from './last-use.ts'
import { personalAccessTokenStatements } from './statements.ts'
import { type PersonalAccessTokenRow, personalAccessTokenTables } from './tables.ts'
import { hashToken } from './token-text.ts'

/** The most tokens that are cached, some hundred bytes each. */
const MAX_CACHED_TOKENS = 10_000

/** The scopes that an operation needs; undefined for one that no personal access token may do. */
export type RequiredScopes = readonly string[] | undefined

/** Finds out who sends a personal access token. The token is read for each request, so that its end takes effect at once. */
export function createTokenAuthentication(store: Store, lastUse: Pick<LastUse, 'record'>) {
  const { findByHash, findManyByHash } = personalAccessTokenStatements(store)
  const { personalAccessTokens } = personalAccessTokenTables(store.kit)
  const findToken = store.cached(
    async hashes => {
      const rows =
        hashes.length === 1
          ? await findByHash.execute({ tokenHash: hashes[0] })
          : await findManyByHash.execute(toIdParams(hashes))
      return new Map(rows.map(row => [row.tokenHash, row]))
    },
    [{ table: personalAccessTokens, on: ['update', 'delete'], id: personalAccessTokens.tokenHash }]
  )

  /** Tokens that have passed the check once, by their text. But for the last use nothing of a token ever changes. */
  const confirmed = new LRUCache<string, PersonalAccessTokenRow>({ max: MAX_CACHED_TOKENS })

  function assertUnexpired({ expiresAt }: PersonalAccessTokenRow): void {
    if (expiresAt <= store.now()) throw new Problem('personal_access_token_expired')
  }

  /** Checks that a token is there, and has not expired. */
  async function check(tokenHash: string): Promise<PersonalAccessTokenRow> {
    const row = await findToken(tokenHash)
    if (!row) throw new Problem('personal_access_token_invalid')
    assertUnexpired(row)
    lastUse.record(row)
    return row
  }

  /** Checks a token, and that it has the scopes. */
  async function findAuthorized(token: string, required: RequiredScopes): Promise<PersonalAccessTokenRow> {
    const tokenHash = confirmed.get(token)?.tokenHash ?? hashToken(token)
    if (tokenHash === undefined) throw new Problem('personal_access_token_invalid')
    const row = await check(tokenHash)
    confirmed.set(token, row)
    if (!hasScopes(row, required)) throw toScopeProblem(required)
    return row
  }

  function toClaimedIdentity(row: PersonalAccessTokenRow): ClaimedIdentity {
    return {
      claimedUserId: row.userId,
      async read(work) {
        assertUnexpired(row)
        const result = work(row.userId)
        // Awaited below. When the check refuses the request, the outcome of the read does not matter.
        result.catch(() => {})
        await check(row.tokenHash)
        return result
      },
      async check() {
        await check(row.tokenHash)
      }
    }
  }

  return {
    /**
     * @returns whom the token acts for
     * @throws {Problem} `personal_access_token_invalid`, `personal_access_token_expired`, or `insufficient_scope`
     */
    async authenticate(token: string, required: RequiredScopes): Promise<Caller> {
      const { userId } = await findAuthorized(token, required)
      return { id: userId, sessionId: null }
    },

    /**
     * Authenticates a request that only reads, as that of a session: the read runs beside the check, but for the first request
     * with a token.
     * @throws {Problem} as `authenticate`; once a token was checked, its refusals come from `read`
     */
    authenticateForRead(token: string, required: RequiredScopes): ClaimedIdentity | Promise<ClaimedIdentity> {
      const row = confirmed.get(token)
      if (row && hasScopes(row, required)) return toClaimedIdentity(row)
      return findAuthorized(token, required).then(toClaimedIdentity)
    }
  }
}

const hasScopes = ({ scopes }: PersonalAccessTokenRow, required: RequiredScopes): boolean =>
  required?.every(scope => scopes.some(own => own === scope)) ?? false

/** The problem, with a challenge that says which scope is needed (RFC 6750, section 3). */
function toScopeProblem(required: RequiredScopes): Problem {
  const challenge = 'Bearer error="insufficient_scope"'
  if (required === undefined)
    return new Problem('insufficient_scope', {
      detail: 'No personal access token does this. Sign in and use the access token of the session.',
      action: 'sign-in',
      headers: {
        'www-authenticate': `${challenge}, error_description="The access token of a session is required"`
      }
    })
  const scope = required.join(' ')
  return new Problem('insufficient_scope', {
    detail: `The token does not have the scope ${scope}. Use one that has it.`,
    headers: {
      'www-authenticate': `${challenge}, error_description="The token does not have the scope", scope="${scope}"`
    }
  })
}
