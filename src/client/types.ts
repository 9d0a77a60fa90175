// Made from the OpenAPI document by `npm run client:types`.

/** An error (RFC 9457). */
export type Problem = {
  /** the documentation of this problem type */
  type: string
  title: string
  status: number
  /** what happened and what to do next */
  detail: string
  /** for a program to branch on */
  code:
    | 'malformed_request'
    | 'request_refused'
    | 'validation_failed'
    | 'link_invalid'
    | 'passkey_malformed'
    | 'passkey_unsupported'
    | 'passkey_challenge_invalid'
    | 'authentication_required'
    | 'invalid_credentials'
    | 'access_token_invalid'
    | 'access_token_expired'
    | 'access_token_revoked'
    | 'access_token_stale'
    | 'refresh_token_invalid'
    | 'refresh_token_expired'
    | 'refresh_token_used'
    | 'refresh_token_revoked'
    | 'token_pair_mismatch'
    | 'reauthentication_required'
    | 'second_factor_required'
    | 'sign_in_expired'
    | 'passkey_not_recognized'
    | 'personal_access_token_invalid'
    | 'personal_access_token_expired'
    | 'password_wrong'
    | 'account_disabled'
    | 'code_wrong'
    | 'sign_up_closed'
    | 'invitation_required'
    | 'second_factor_wrong'
    | 'passkey_origin_refused'
    | 'passkey_user_not_verified'
    | 'insufficient_scope'
    | 'too_many_personal_access_tokens'
    | 'quota_exceeded'
    | 'too_many_lists'
    | 'not_found'
    | 'session_not_found'
    | 'factor_not_found'
    | 'passkey_not_found'
    | 'personal_access_token_not_found'
    | 'completion_not_found'
    | 'tag_not_found'
    | 'todo_not_found'
    | 'list_not_found'
    | 'method_not_allowed'
    | 'not_acceptable'
    | 'request_timeout'
    | 'access_token_not_expired'
    | 'already_taken'
    | 'factor_confirmed'
    | 'too_many_factors'
    | 'no_second_factor'
    | 'passkey_already_registered'
    | 'too_many_passkeys'
    | 'last_way_in'
    | 'completion_not_latest'
    | 'series_changed'
    | 'series_ended'
    | 'todo_not_recurring'
    | 'todo_exists'
    | 'list_exists'
    | 'idempotency_key_in_use'
    | 'link_expired'
    | 'link_used'
    | 'challenge_expired'
    | 'passkey_challenge_expired'
    | 'sync_token_expired'
    | 'precondition_failed'
    | 'body_too_large'
    | 'uri_too_long'
    | 'unsupported_media_type'
    | 'idempotency_key_reused'
    | 'precondition_required'
    | 'rate_limited'
    | 'mail_throttled'
    | 'sign_in_throttled'
    | 'too_many_tries'
    | 'too_many_streams'
    | 'headers_too_large'
    | 'internal_error'
    | 'mail_not_configured'
    | 'sealing_not_configured'
    | 'passkeys_not_configured'
    | 'overloaded'
    | 'shutting_down'
    | 'database_unavailable'
  /** the id of the request, as in the log */
  instance: string
  /** all invalid values, or the first 100 */
  errors?: Array<{
    /** JSON pointer to a value in the body */
    pointer?: string
    /** name of a parameter in the URL */
    parameter?: string
    detail: string
  }>
  /** the operation of the batch that failed, counted from 0; no operation took effect */
  index?: number
  /** the present state of the unchanged todo or list */
  current?: Todo | List
  /** of `second_factor_required`: what the account can show */
  methods?: Array<'password' | 'totp' | 'recovery_code' | 'passkey'>
  /** of `second_factor_required`: goes with what the user shows */
  challenge?: string
  /** of `second_factor_required`: seconds for which the challenge is good */
  expiresIn?: number
  /** what the client should do */
  action?:
    | 'ask-operators'
    | 'refresh'
    | 'reauthenticate'
    | 'request-mail'
    | 'replace-token'
    | 'resync'
    | 'retry'
    | 'retry-later'
    | 'second-factor'
    | 'sign-in'
    | 'use-latest'
}

/** The limits of the service. Each description names the unit. */
export type Limits = {
  /** characters of a title */
  titleLength: number
  /** characters of a description */
  descriptionLength: number
  /** tags of a todo */
  tags: number
  /** characters of a tag */
  tagLength: number
  /** levels of subtasks below a todo */
  subtaskLevels: number
  /** subtasks of a todo, all levels together, including the trash */
  subtasks: number
  /** lists of a user, including the trash */
  lists: number
  /** characters of the name of a list */
  listNameLength: number
  /** characters of a recurrence rule */
  ruleLength: number
  /** the largest COUNT of a recurrence rule */
  ruleOccurrences: number
  /** completions that are kept of a recurring todo; one more removes the oldest */
  completions: number
  /** items of a page, by default */
  pageDefault: number
  /** items of a page, at most */
  pageMax: number
  /** characters of a search */
  searchLength: number
  /** bytes of a body, unless another limit applies */
  bodyBytes: number
  /** JSON values of a body or of a line of an import; names of members count, too */
  bodyValues: number
  /** bytes of a body under /api/auth */
  authBytes: number
  /** bytes of a batch */
  batchBytes: number
  /** operations of a batch, and todos that they name together */
  batchOperations: number
  /** todos that a batch changes without `where`, subtasks included */
  batchChanges: number
  /** bytes of an import */
  importBytes: number
  /** lines of an import, or to-dos of a calendar */
  importLines: number
  /** characters of an Idempotency-Key */
  idempotencyKeyLength: number
  /** seconds in which a request can be repeated with its Idempotency-Key */
  idempotencySeconds: number
  /** todos of a user, including the trash */
  todos: number
  /** bytes of all titles, descriptions and tags of a user */
  todoBytes: number
  /** seconds for which a deleted todo or list can be restored */
  trashSeconds: number
  /** characters of a user name, at least */
  usernameMinLength: number
  /** characters of a user name, at most */
  usernameMaxLength: number
  /** characters of an e-mail address */
  emailLength: number
  /** open streams of changes of a user */
  streamsPerUser: number
  /** characters of a new password, at least */
  passwordMinLength: number
  /** characters of a new password, at most */
  passwordMaxLength: number
  /** authenticator apps of an account */
  authenticatorApps: number
  /** passkeys of an account */
  passkeys: number
  /** characters of the name of a passkey */
  passkeyNameLength: number
  /** recovery codes that an account is given at a time */
  recoveryCodes: number
  /** personal access tokens of an account, including expired ones that are listed */
  personalAccessTokens: number
  /** characters of the name of a personal access token */
  personalAccessTokenNameLength: number
  /** seconds for which a personal access token lives, at most */
  personalAccessTokenSeconds: number
  /** requests a minute from one address: all, and those of a kind; null when requests are not counted */
  requestsPerMinute: {
    all?: number
    register?: number
    login?: number
    refresh?: number
    account?: number
    import?: number
  } | null
}

/** An account. */
export type User = {
  /** a UUID */
  id: string
  /** 3 to 32 letters, digits, dots, underscores or hyphens */
  username: string
  /** an e-mail address of at most 254 characters */
  email: string
  /** whether the owner has shown that mail to the e-mail address arrives */
  emailVerified: boolean
}

/** What a sign-in or a refresh gives. */
export type TokenPair = {
  /** a JWT, to be sent as `Authorization: Bearer …` */
  accessToken: string
  tokenType: 'Bearer'
  /** seconds for which the access token lives, counted from its `iat` */
  expiresIn: number
  /** opaque; exchanges once for the next pair */
  refreshToken: string
  /** seconds until the session can no longer be refreshed */
  refreshExpiresIn: number
  user: User
}

/** A code was mailed. */
export type Challenge = {
  /** goes with the code */
  challengeId: string
  /** seconds for which the code is good */
  expiresIn: number
}

/** What a registration gives. `verification` is for the code that was mailed to the address. `recoveryCodes` come with an account that begins with a passkey. */
export type RegisteredPair = {
  /** a JWT, to be sent as `Authorization: Bearer …` */
  accessToken: string
  tokenType: 'Bearer'
  /** seconds for which the access token lives, counted from its `iat` */
  expiresIn: number
  /** opaque; exchanges once for the next pair */
  refreshToken: string
  /** seconds until the session can no longer be refreshed */
  refreshExpiresIn: number
  user: User
  verification?: Challenge
  /** 10 codes, each good once, in place of a second factor; shown here and never again */
  recoveryCodes?: Array<string>
}

/** What a registration gives that the code has confirmed. `recoveryCodes` come with an account that begins with a passkey. */
export type ConfirmedPair = {
  /** a JWT, to be sent as `Authorization: Bearer …` */
  accessToken: string
  tokenType: 'Bearer'
  /** seconds for which the access token lives, counted from its `iat` */
  expiresIn: number
  /** opaque; exchanges once for the next pair */
  refreshToken: string
  /** seconds until the session can no longer be refreshed */
  refreshExpiresIn: number
  user: User
  /** 10 codes, each good once, in place of a second factor; shown here and never again */
  recoveryCodes?: Array<string>
}

/** What a sign-in by a second factor gives. After a recovery code, the code in its place is there. */
export type SecondFactorPair = {
  /** a JWT, to be sent as `Authorization: Bearer …` */
  accessToken: string
  tokenType: 'Bearer'
  /** seconds for which the access token lives, counted from its `iat` */
  expiresIn: number
  /** opaque; exchanges once for the next pair */
  refreshToken: string
  /** seconds until the session can no longer be refreshed */
  refreshExpiresIn: number
  user: User
  /** the recovery code in place of the one that was used; shown here and never again */
  recoveryCode?: string
}

/** A second factor of the account. */
export type Factor = {
  id: string
  /** an authenticator app */
  type: 'totp'
  /** when it was begun */
  createdAt: string
  /** from when on it counts; null until it is confirmed */
  confirmedAt: string | null
  /** when its last code was taken, to half a minute; null before the first */
  lastUsedAt: string | null
}

/** The authenticator apps of the account, the oldest first. Passkeys have a list of their own. */
export type FactorList = {
  items: Array<Factor>
  /** recovery codes that were not used */
  recoveryCodesLeft: number
}

/** An authenticator app that is not confirmed yet. */
export type NewTotpFactor = {
  id: string
  /** for the authenticator app, in base32; shown here and never again */
  secret: string
  /** the same as an address that the app reads, for a QR code */
  uri: string
}

/** A second factor that counts from now on, with the recovery codes of an account that had none before. */
export type ConfirmedFactor = {
  id: string
  /** an authenticator app */
  type: 'totp'
  /** when it was begun */
  createdAt: string
  /** from when on it counts; null until it is confirmed */
  confirmedAt: string | null
  /** when its last code was taken, to half a minute; null before the first */
  lastUsedAt: string | null
  /** 10 codes, each good once, in place of a second factor; shown here and never again */
  recoveryCodes?: Array<string>
}

/** The recovery codes of the account. */
export type RecoveryCodes = {
  /** 10 codes, each good once, in place of a second factor; shown here and never again */
  recoveryCodes: Array<string>
}

/** How a session is authenticated. */
export type Authentication = {
  /** when the user has shown who he is */
  authenticatedAt: string
  /** how; a password or a passkey takes the place of those before; a code is added to them */
  methods: Array<'password' | 'totp' | 'recovery_code' | 'passkey'>
  /** the level that the methods reach: one factor, or two */
  level: 'aal1' | 'aal2'
  /** until when the session is fresh */
  freshUntil: string
  /** the recovery code in place of the one that was used; shown here and never again */
  recoveryCode?: string
}

/** A place where the user is signed in. */
export type Session = {
  id: string
  /** whether it is the one that asks */
  current: boolean
  /** the user agent, made readable */
  device: string | null
  /** the user agent, as it was last sent */
  userAgent: string | null
  /** the address that it was last used from */
  ip: string | null
  /** when it began, with a sign-in */
  createdAt: string
  /** when it was last refreshed */
  lastUsedAt: string
  /** when it ends unless it is refreshed before */
  idleExpiresAt: string
  /** when it ends in any case */
  absoluteExpiresAt: string
}

/** A passkey of the account. */
export type Passkey = {
  id: string
  /** what the user calls it, at most 64 characters */
  name: string
  /** the password manager or the security key that made it; null for an unknown one */
  device: string | null
  /** when it was added */
  createdAt: string
  /** when it was last used; null for never */
  lastUsedAt: string | null
  /** whether it outlives the device, as its maker says */
  backedUp: boolean
  /** its id for browsers and password managers (PublicKeyCredential.signalAllAcceptedCredentials), in base64url */
  credentialId: string
}

/** A passkey that was added, with the recovery codes of an account that had none before. */
export type AddedPasskey = {
  id: string
  /** what the user calls it, at most 64 characters */
  name: string
  /** the password manager or the security key that made it; null for an unknown one */
  device: string | null
  /** when it was added */
  createdAt: string
  /** when it was last used; null for never */
  lastUsedAt: string | null
  /** whether it outlives the device, as its maker says */
  backedUp: boolean
  /** its id for browsers and password managers (PublicKeyCredential.signalAllAcceptedCredentials), in base64url */
  credentialId: string
  /** 10 codes, each good once, in place of a second factor; shown here and never again */
  recoveryCodes?: Array<string>
}

/** What a browser needs to make a passkey: for PublicKeyCredential.parseCreationOptionsFromJSON (WebAuthn Level 3). */
export type PasskeyCreationOptions = {
  rp: {
    /** the domain that passkeys belong to */
    id: string
    /** the name of the application */
    name: string
  }
  user: {
    /** the user handle, in base64url */
    id: string
    /** the e-mail */
    name: string
    /** the user name */
    displayName: string
  }
  /** good for five minutes and once, in base64url */
  challenge: string
  pubKeyCredParams: Array<{
    type: 'public-key'
    /** a COSE algorithm */
    alg: number
  }>
  /** milliseconds for which the challenge is good */
  timeout: number
  /** the passkeys that the account has already */
  excludeCredentials: Array<{
    type: 'public-key'
    /** a credential, in base64url */
    id: string
    transports: Array<string>
  }>
  authenticatorSelection: {
    residentKey: 'required'
    requireResidentKey: boolean
    userVerification: 'required'
  }
  attestation: 'none'
  extensions: {
    credProps: boolean
  }
  hints: Array<string>
}

/** What a browser needs to use a passkey: for PublicKeyCredential.parseRequestOptionsFromJSON (WebAuthn Level 3). */
export type PasskeyRequestOptions = {
  /** the domain that passkeys belong to */
  rpId: string
  /** good for five minutes and once, in base64url */
  challenge: string
  /** milliseconds for which the challenge is good */
  timeout: number
  userVerification: 'required'
  /** always empty, so that it does not tell who has a passkey */
  allowCredentials: Array<{
    type: 'public-key'
    /** a credential, in base64url */
    id: string
  }>
}

/** Something that happened to the account. */
export type Event = {
  id: string
  type:
    | 'account_created'
    | 'account_disabled'
    | 'account_enabled'
    | 'email_changed'
    | 'email_reverted'
    | 'email_verified'
    | 'factor_added'
    | 'factor_removed'
    | 'mail_failed'
    | 'signed_in'
    | 'sign_in_failed'
    | 'passkey_added'
    | 'passkey_count_went_back'
    | 'passkey_removed'
    | 'password_changed'
    | 'password_reset'
    | 'recovery_code_used'
    | 'recovery_codes_replaced'
    | 'refresh_token_reused'
    | 'second_factor_failed'
    | 'session_ended'
    | 'token_created'
    | 'token_revoked'
  /** when it happened */
  createdAt: string
  /** the session that it is about */
  sessionId: string | null
  /** why the session ended */
  endReason:
    | 'account_deleted'
    | 'account_disabled'
    | 'email_reverted'
    | 'logout'
    | 'password_changed'
    | 'password_reset'
    | 'reuse_detected'
    | 'signed_out_by_operator'
    | 'too_many_sessions'
    | null
  /** the user agent, made readable */
  device: string | null
  /** the user agent of the request */
  userAgent: string | null
  /** the address of the request */
  ip: string | null
  /** of a re-used refresh token: the user agent that had used it before */
  otherUserAgent: string | null
  /** of a re-used refresh token: the address that had used it before */
  otherIp: string | null
}

/** A page of events, the latest first. */
export type EventPage = {
  items: Array<Event>
  /** the `cursor` of the next page; null at the end */
  nextCursor: string | null
}

/** A token with which a program acts for the user, without its secret. */
export type PersonalAccessToken = {
  /** a UUID */
  id: string
  /** what its owner calls it */
  name: string
  /** what it opens */
  scopes: Array<'todos:read' | 'todos:write'>
  /** when it was made */
  createdAt: string
  /** when it ends */
  expiresAt: string
  /** the hour in which it was last used; null when it never was */
  lastUsedAt: string | null
}

/** A token that was just made. */
export type CreatedPersonalAccessToken = {
  /** a UUID */
  id: string
  /** what its owner calls it */
  name: string
  /** what it opens */
  scopes: Array<'todos:read' | 'todos:write'>
  /** when it was made */
  createdAt: string
  /** when it ends */
  expiresAt: string
  /** the hour in which it was last used; null when it never was */
  lastUsedAt: string | null
  /** the token itself, to be sent as `Authorization: Bearer …`; it is never shown again */
  token: string
}

/** A todo. */
export type Todo = {
  /** a UUID */
  id: string
  title: string
  description: string | null
  done: boolean
  /** when it is due: `date`, or `dateTime` and `timeZone` */
  due: {
    date?: string
    /** a local time */
    dateTime?: string
    /** the name of its time zone (IANA) */
    timeZone?: string
  } | null
  priority: 'none' | 'low' | 'medium' | 'high'
  /** a set */
  tags: Array<string>
  /** the list that it is in; null for the inbox */
  listId: string | null
  /** the todo whose subtask it is */
  parentId: string | null
  /** how many subtasks it has, without theirs */
  childCount: number
  /** how many of them are not done */
  openChildCount: number
  /** how it recurs */
  repeat: {
    /** a recurrence rule (RFC 5545) */
    rule?: string
    from?: 'due' | 'completion'
  } | null
  /** where it is in the list: todos are in the order of this text */
  position: string
  /** when it was made */
  createdAt: string
  /** when it last changed, but for its place in the list */
  updatedAt: string
  /** since when it is done; set and cleared with `done` */
  completedAt: string | null
  /** since when it is in the trash */
  deletedAt: string | null
  /** names this state of it; goes into If-Match */
  etag: string
  /** the occurrence that was completed; in the answer to what has completed it only */
  completed?: {
    /** a UUID */
    id: string
    /** the `due` that the todo had */
    occurrence: {
      date?: string
      /** a local time */
      dateTime?: string
      /** the name of its time zone (IANA) */
      timeZone?: string
    }
    /** when it was completed */
    completedAt: string
  }
}

/** A page of todos. */
export type TodoPage = {
  items: Array<Todo>
  /** the `cursor` of the next page; null at the end */
  nextCursor: string | null
  /** how many there are on all pages; with `count=true` */
  total?: number
}

/** An occurrence of a recurring todo that was completed. */
export type Completion = {
  /** a UUID */
  id: string
  /** the `due` that the todo had */
  occurrence: {
    date?: string
    /** a local time */
    dateTime?: string
    /** the name of its time zone (IANA) */
    timeZone?: string
  }
  /** when it was completed */
  completedAt: string
  /** the session that completed it; null for an act of the service */
  sessionId: string | null
}

/** Some completions of a todo, the latest first. */
export type CompletionPage = {
  items: Array<Completion>
  /** the `cursor` of the next page; null at the end */
  nextCursor: string | null
}

/** What came of a batch. */
export type BatchResult = {
  /** what came of each operation, in their order */
  results: Array<{
    todo?: Todo
    /** those of `ids`, in their order */
    todos?: Array<Todo>
    /** how many that pass `where` were changed, without subtasks that went along */
    count?: number
  }>
  /** whether nothing was written */
  validateOnly: boolean
}

/** A tag of todos. */
export type Tag = {
  tag: string
  /** how many todos have it, of those that GET /api/todos lists */
  count: number
  /** how many of them are not done */
  openCount: number
}

/** A page of tags. */
export type TagPage = {
  items: Array<Tag>
  /** the `cursor` of the next page; null at the end */
  nextCursor: string | null
}

/** What came of a change of a tag. */
export type TagChange = {
  /** how many todos were changed, those in the trash included */
  count: number
}

/** A list of todos. */
export type List = {
  /** a UUID */
  id: string
  name: string
  /** such as #1e90ff */
  color: string | null
  /** whether its todos stay out of what is not about this list */
  archived: boolean
  /** since when it is archived; set and cleared with `archived` */
  archivedAt: string | null
  /** where it is among the lists: they are in the order of this text */
  position: string
  /** how many of its todos are not done, subtasks included; in the trash, of those that come back with it */
  openCount: number
  /** when it was made */
  createdAt: string
  /** when it last changed, but for its place and its todos */
  updatedAt: string
  /** since when it is in the trash */
  deletedAt: string | null
  /** names this state of it; goes into If-Match */
  etag: string
}

/** A page of lists. */
export type ListPage = {
  items: Array<List>
  /** the `cursor` of the next page; null at the end */
  nextCursor: string | null
}

/** The latest state of something that was changed. */
export type Change = {
  /** what was changed; the member of this name holds it */
  type: 'todo' | 'list'
  /** a UUID */
  id: string
  /** whether it was deleted for good; what is in the trash is not */
  deleted: boolean
  todo?: Todo
  list?: List
}

/** Some changes. */
export type ChangePage = {
  changes: Array<Change>
  /** the `since` of the next request */
  next: string
  /** whether there are more changes at this moment */
  more: boolean
}

export type RegisterBody = {
  /** 3 to 32 letters, digits, dots, underscores or hyphens */
  username: string
  /** an e-mail address of at most 254 characters */
  email: string
  /** 8 to 128 characters of any kind */
  password?: string
  /** the new passkey, as PublicKeyCredential.toJSON() gives it (RegistrationResponseJSON) */
  passkey?: {
    /** the id of the credential, in base64url */
    id: string
    /** the id of the credential, once more, in base64url */
    rawId: string
    /** public-key */
    type: 'public-key'
    response: {
      /** what the browser says of the ceremony, in base64url */
      clientDataJSON: string
      /** the new key, in base64url */
      attestationObject: string
      /** how the authenticator is reached */
      transports?: Array<string>
    }
  }
  /** the token of an invitation, which some services require; with one the e-mail needs no code */
  invitation?: string
}

export type ConfirmRegistrationBody = {
  /** a UUID */
  challengeId: string
  /** the six digits of the mail */
  code: string
}

export type LoginBody = {
  /** an e-mail address of at most 254 characters */
  email: string
  /** the password, as it was given */
  password: string
}

export type RefreshBody = {
  /** the access token of the latest pair */
  accessToken: string
  /** the refresh token of the latest pair */
  refreshToken: string
  /** Bearer, or nothing */
  tokenType?: 'Bearer'
  /** the seconds that were answered */
  expiresIn?: number
  /** the seconds that were answered */
  refreshExpiresIn?: number
  /** as it was answered */
  user?: {
    /** a UUID */
    id: string
    /** 3 to 32 letters, digits, dots, underscores or hyphens */
    username: string
    /** an e-mail address of at most 254 characters */
    email: string
    /** whether the owner has shown that mail to the e-mail address arrives */
    emailVerified?: boolean
  }
  /** as it was answered */
  verification?: {
    /** goes with the code */
    challengeId: string
    /** the seconds that were answered */
    expiresIn: number
  }
  /** as it was answered */
  recoveryCode?: string
  /** 10 codes, each good once, in place of a second factor; shown here and never again */
  recoveryCodes?: Array<string>
}

export type LogoutBody = {
  /** local, others or all */
  scope?: 'local' | 'others' | 'all'
} | null

export type RenameMeBody = {
  /** 3 to 32 letters, digits, dots, underscores or hyphens */
  username: string
}

export type DeleteMeBody = {
  /** the password of the account */
  password?: string
} | null

export type ChangePasswordBody = {
  /** the password of the account */
  currentPassword?: string
  /** 8 to 128 characters of any kind */
  newPassword: string
  /** true or false */
  endOtherSessions?: boolean
}

export type ConfirmVerificationBody = {
  /** a UUID */
  challengeId: string
  /** the six digits of the mail */
  code: string
}

export type ChangeEmailBody = {
  /** an e-mail address of at most 254 characters */
  email: string
  /** the password of the account */
  currentPassword?: string
}

export type ConfirmEmailChangeBody = {
  /** a UUID */
  challengeId: string
  /** the six digits of the mail */
  code: string
}

export type RevertEmailBody = {
  /** the token of the link that was mailed */
  token: string
}

export type AddPasskeyBody = {
  /** a text of 1 to 64 characters, not counting white space around it, without marks that turn the direction of writing */
  name?: string
  /** the new passkey, as PublicKeyCredential.toJSON() gives it (RegistrationResponseJSON) */
  passkey: {
    /** the id of the credential, in base64url */
    id: string
    /** the id of the credential, once more, in base64url */
    rawId: string
    /** public-key */
    type: 'public-key'
    response: {
      /** what the browser says of the ceremony, in base64url */
      clientDataJSON: string
      /** the new key, in base64url */
      attestationObject: string
      /** how the authenticator is reached */
      transports?: Array<string>
    }
  }
}

/** The passkeys. */
export type ListPasskeysAnswer = {
  items: Array<Passkey>
}

export type PatchPasskeyBody = {
  /** a text of 1 to 64 characters, not counting white space around it, without marks that turn the direction of writing */
  name?: string
}

export type CreatePasskeySignUpOptionsBody = {
  /** 3 to 32 letters, digits, dots, underscores or hyphens */
  username: string
  /** an e-mail address of at most 254 characters */
  email: string
}

export type LoginWithPasskeyBody = {
  /** the proof, as PublicKeyCredential.toJSON() gives it (AuthenticationResponseJSON) */
  passkey: {
    /** the id of the credential, in base64url */
    id: string
    /** the id of the credential, once more, in base64url */
    rawId: string
    /** public-key */
    type: 'public-key'
    response: {
      /** what the browser says of the ceremony, in base64url */
      clientDataJSON: string
      /** what the authenticator says of the ceremony, in base64url */
      authenticatorData: string
      /** the signature, in base64url */
      signature: string
      /** whose passkey it is, in base64url */
      userHandle: string
    }
  }
}

export type ReauthenticateBody = {
  /** the password of the account */
  password?: string
  /** the six digits that the authenticator app shows */
  code?: string
  /** a recovery code; case, spaces and hyphens do not matter */
  recoveryCode?: string
  /** the proof, as PublicKeyCredential.toJSON() gives it (AuthenticationResponseJSON) */
  passkey?: {
    /** the id of the credential, in base64url */
    id: string
    /** the id of the credential, once more, in base64url */
    rawId: string
    /** public-key */
    type: 'public-key'
    response: {
      /** what the browser says of the ceremony, in base64url */
      clientDataJSON: string
      /** what the authenticator says of the ceremony, in base64url */
      authenticatorData: string
      /** the signature, in base64url */
      signature: string
      /** whose passkey it is, in base64url */
      userHandle: string
    }
  }
}

export type RequestPasswordResetBody = {
  /** an e-mail address of at most 254 characters */
  email: string
}

export type ResetPasswordBody = {
  /** the token of the link that was mailed */
  token: string
  /** 8 to 128 characters of any kind */
  newPassword: string
  /** true or false */
  endSessions?: boolean
}

/** The sessions. */
export type ListSessionsAnswer = {
  items: Array<Session>
}

export type ListEventsQuery = {
  /** a whole number from 1 to 200 */
  limit?: number
  /** the `nextCursor` of the previous page */
  cursor?: string
}

export type LoginWithSecondFactorBody = {
  /** the challenge of the refusal with second_factor_required */
  challenge: string
  /** the six digits that the authenticator app shows */
  code?: string
  /** a recovery code; case, spaces and hyphens do not matter */
  recoveryCode?: string
  /** the proof, as PublicKeyCredential.toJSON() gives it (AuthenticationResponseJSON) */
  passkey?: {
    /** the id of the credential, in base64url */
    id: string
    /** the id of the credential, once more, in base64url */
    rawId: string
    /** public-key */
    type: 'public-key'
    response: {
      /** what the browser says of the ceremony, in base64url */
      clientDataJSON: string
      /** what the authenticator says of the ceremony, in base64url */
      authenticatorData: string
      /** the signature, in base64url */
      signature: string
      /** whose passkey it is, in base64url */
      userHandle: string
    }
  }
}

export type BeginTotpBody = Record<string, never> | null

export type ConfirmTotpBody = {
  /** the six digits that the authenticator app shows */
  code: string
}

export type ReplaceRecoveryCodesBody = Record<string, never> | null

/** The tokens. */
export type ListPersonalAccessTokensAnswer = {
  items: Array<PersonalAccessToken>
}

export type CreatePersonalAccessTokenBody = {
  /** a text of 1 to 100 characters, not counting white space around it, without marks that turn the direction of writing */
  name: string
  /** at least one of todos:read and todos:write, each once */
  scopes: Array<'todos:read' | 'todos:write'>
  /** an instant such as 2026-12-24T09:00:00.000Z, in the future and within 366 days */
  expiresAt?: string
  /** a whole number of seconds from 1 to 31622400, which are 366 days */
  expiresIn?: number
}

export type ListTodosQuery = {
  /** a whole number from 1 to 200 */
  limit?: number
  /** the `nextCursor` of the previous page */
  cursor?: string
  /** one of position, -position, createdAt, -createdAt, updatedAt, -updatedAt, due, -due, priority, -priority, title, -title; - is the other way round */
  sort?:
    | 'position'
    | '-position'
    | 'createdAt'
    | '-createdAt'
    | 'updatedAt'
    | '-updatedAt'
    | 'due'
    | '-due'
    | 'priority'
    | '-priority'
    | 'title'
    | '-title'
  /** true or false */
  done?: boolean
  /** a tag that the todos have; all of them, where there are several */
  tag?: Array<string>
  /** the id of a list, or inbox; one of them, where there are several, at most 20 */
  list?: Array<'inbox' | string>
  /** the id of a todo, for its subtasks, or none, for todos that are nobody's subtask */
  parent?: 'none' | string
  /** none, low, medium or high */
  priority?: 'none' | 'low' | 'medium' | 'high'
  /** none, for todos without a due date (dueBefore and dueAfter select by date) */
  due?: 'none'
  /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
  dueBefore?: string
  /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
  dueAfter?: string
  /** true, for open todos whose due date is past by calendar and clock in timeZone */
  overdue?: true
  /** the name of a time zone (IANA) such as Europe/Berlin */
  timeZone?: string
  /** true or false; true for todos that repeat, false for the others */
  repeat?: boolean
  /** an instant such as 2026-03-29T09:00:00.000Z */
  updatedAfter?: string
  /** an instant such as 2026-03-29T09:00:00.000Z */
  completedAfter?: string
  /** an instant such as 2026-03-29T09:00:00.000Z */
  completedBefore?: string
  /** a text of at most 200 characters: words, or how they begin, in title or description */
  q?: string
  /** true or false; true for the todos in the trash instead */
  deleted?: boolean
  /** true or false; true for `total`, which takes as long as there are many */
  count?: boolean
}

export type CreateTodoBody = {
  /** a UUID */
  id?: string
  /** a text of 1 to 500 characters, not counting white space around it */
  title: string
  /** a text of at most 16384 characters, or null for none */
  description?: string | null
  /** true or false */
  done?: boolean
  /** { date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as 2026-03-29T09:00:00 and a time zone (IANA) such as Europe/Berlin, or null for none */
  due?:
    | {
        /** a day such as 2026-03-29 */
        date: string
      }
    | {
        /** a local time to the second such as 2026-03-29T09:00:00 */
        dateTime: string
        /** the name of a time zone (IANA) such as Europe/Berlin */
        timeZone: string
      }
    | null
  /** none, low, medium or high */
  priority?: 'none' | 'low' | 'medium' | 'high'
  /** at most 20 different tags; their order does not matter */
  tags?: Array<string>
  /** { rule, from } with a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH, or null for none */
  repeat?: {
    /** a recurrence rule (RFC 5545, RRULE) of at most 500 characters such as FREQ=WEEKLY;BYDAY=MO,TH */
    rule: string
    /** due or completion: whether the next date follows the last one, or the day of completion */
    from: 'due' | 'completion'
  } | null
  /** the id of a list, or null for the inbox */
  listId?: string | null
  /** the id of the todo whose subtask it is, or null for none */
  parentId?: string | null
}

export type ReplaceTodoBody = {
  /** a UUID */
  id?: string
  /** a text of 1 to 500 characters, not counting white space around it */
  title: string
  /** a text of at most 16384 characters, or null for none */
  description?: string | null
  /** true or false */
  done?: boolean
  /** { date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as 2026-03-29T09:00:00 and a time zone (IANA) such as Europe/Berlin, or null for none */
  due?:
    | {
        /** a day such as 2026-03-29 */
        date: string
      }
    | {
        /** a local time to the second such as 2026-03-29T09:00:00 */
        dateTime: string
        /** the name of a time zone (IANA) such as Europe/Berlin */
        timeZone: string
      }
    | null
  /** none, low, medium or high */
  priority?: 'none' | 'low' | 'medium' | 'high'
  /** at most 20 different tags; their order does not matter */
  tags?: Array<string>
  /** { rule, from } with a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH, or null for none */
  repeat?: {
    /** a recurrence rule (RFC 5545, RRULE) of at most 500 characters such as FREQ=WEEKLY;BYDAY=MO,TH */
    rule: string
    /** due or completion: whether the next date follows the last one, or the day of completion */
    from: 'due' | 'completion'
  } | null
  /** the id of a list, or null for the inbox */
  listId?: string | null
  /** the id of the todo whose subtask it is, or null for none */
  parentId?: string | null
  /** the present position */
  position?: string
  /** the present number of subtasks */
  childCount?: number
  /** the present number of subtasks that are not done */
  openChildCount?: number
  /** an instant such as 2026-03-29T09:00:00.000Z */
  createdAt?: string
  /** an instant such as 2026-03-29T09:00:00.000Z */
  updatedAt?: string
  /** an instant, or null */
  completedAt?: string | null
  /** an instant, or null */
  deletedAt?: string | null
  /** the `etag` of the state that is to be replaced; 412 when it is another one */
  etag?: string
  /** what a completion has answered, which says nothing of the present state */
  completed?: unknown
}

export type DeleteTodoQuery = {
  /** true or false; true deletes for good, from the trash, too */
  permanent?: boolean
}

export type PatchTodoBody = {
  /** a text of 1 to 500 characters, not counting white space around it */
  title?: string
  /** a text of at most 16384 characters, or null for none */
  description?: string | null
  /** true or false, or null for the default */
  done?: boolean | null
  /** the members of the due date to change, or null for none */
  due?: {
    /** a day such as 2026-03-29 */
    date?: string | null
    /** a local time to the second such as 2026-03-29T09:00:00 */
    dateTime?: string | null
    /** the name of a time zone (IANA) such as Europe/Berlin */
    timeZone?: string | null
  } | null
  /** none, low, medium or high, or null for the default */
  priority?: 'none' | 'low' | 'medium' | 'high' | null
  /** at most 20 different tags; their order does not matter, or null for the default */
  tags?: Array<string> | null
  /** { rule, from } with a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH, or null for none */
  repeat?: {
    /** a recurrence rule (RFC 5545, RRULE) of at most 500 characters such as FREQ=WEEKLY;BYDAY=MO,TH */
    rule: string
    /** due or completion: whether the next date follows the last one, or the day of completion */
    from: 'due' | 'completion'
  } | null
  /** the id of a list, or null for the inbox */
  listId?: string | null
  /** the id of the todo whose subtask it is, or null for none */
  parentId?: string | null
  /** complete: all subtasks become done, too; goes with done true only */
  children?: 'complete'
  /** the name of a time zone (IANA) such as Europe/Berlin, where it is today when a recurring todo is completed that is due on a day; goes with done true only */
  timeZone?: string
}

export type ListCompletionsQuery = {
  /** a whole number from 1 to 200 */
  limit?: number
  /** the `nextCursor` of the previous page */
  cursor?: string
}

/** { after } or { before } with the id of another todo, or { to } with top or bottom; listId and parentId for another list or parent */
export type MoveTodoBody = {
  /** a UUID */
  after?: string
  /** a UUID */
  before?: string
  /** top or bottom */
  to?: 'top' | 'bottom'
  /** the id of a list, or null for the inbox */
  listId?: string | null
  /** the id of the todo whose subtask it is, or null for none */
  parentId?: string | null
}

export type BatchTodosBody = {
  /** a list of 1 to 100 operations */
  operations: Array<
    | {
        /** create */
        op: 'create'
        todo: {
          /** a UUID */
          id?: string
          /** a text of 1 to 500 characters, not counting white space around it */
          title: string
          /** a text of at most 16384 characters, or null for none */
          description?: string | null
          /** true or false */
          done?: boolean
          /** { date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as 2026-03-29T09:00:00 and a time zone (IANA) such as Europe/Berlin, or null for none */
          due?:
            | {
                /** a day such as 2026-03-29 */
                date: string
              }
            | {
                /** a local time to the second such as 2026-03-29T09:00:00 */
                dateTime: string
                /** the name of a time zone (IANA) such as Europe/Berlin */
                timeZone: string
              }
            | null
          /** none, low, medium or high */
          priority?: 'none' | 'low' | 'medium' | 'high'
          /** at most 20 different tags; their order does not matter */
          tags?: Array<string>
          /** { rule, from } with a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH, or null for none */
          repeat?: {
            /** a recurrence rule (RFC 5545, RRULE) of at most 500 characters such as FREQ=WEEKLY;BYDAY=MO,TH */
            rule: string
            /** due or completion: whether the next date follows the last one, or the day of completion */
            from: 'due' | 'completion'
          } | null
          /** the id of a list, or null for the inbox */
          listId?: string | null
          /** the id of the todo whose subtask it is, or null for none */
          parentId?: string | null
        }
      }
    | {
        /** patch */
        op: 'patch'
        /** a UUID */
        id?: string
        /** 1 to 100 different ids */
        ids?: Array<string>
        /** at least one of the conditions that the list has */
        where?: {
          /** true or false */
          done?: boolean
          /** a tag that the todos have; all of them, where there are several */
          tag?: Array<string>
          /** the id of a list, or inbox; one of them, where there are several, at most 20 */
          list?: Array<'inbox' | string>
          /** the id of a todo, for its subtasks, or none, for todos that are nobody's subtask */
          parent?: 'none' | string
          /** none, low, medium or high */
          priority?: 'none' | 'low' | 'medium' | 'high'
          /** none, for todos without a due date (dueBefore and dueAfter select by date) */
          due?: 'none'
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueBefore?: string
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueAfter?: string
          /** true, for open todos whose due date is past by calendar and clock in timeZone */
          overdue?: true
          /** the name of a time zone (IANA) such as Europe/Berlin */
          timeZone?: string
          /** true or false; true for todos that repeat, false for the others */
          repeat?: boolean
          /** an instant such as 2026-03-29T09:00:00.000Z */
          updatedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedBefore?: string
          /** a text of at most 200 characters: words, or how they begin, in title or description */
          q?: string
        }
        changes: {
          /** a text of 1 to 500 characters, not counting white space around it */
          title?: string
          /** a text of at most 16384 characters, or null for none */
          description?: string | null
          /** true or false, or null for the default */
          done?: boolean | null
          /** the members of the due date to change, or null for none */
          due?: {
            /** a day such as 2026-03-29 */
            date?: string | null
            /** a local time to the second such as 2026-03-29T09:00:00 */
            dateTime?: string | null
            /** the name of a time zone (IANA) such as Europe/Berlin */
            timeZone?: string | null
          } | null
          /** none, low, medium or high, or null for the default */
          priority?: 'none' | 'low' | 'medium' | 'high' | null
          /** at most 20 different tags; their order does not matter, or null for the default */
          tags?: Array<string> | null
          /** { rule, from } with a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH, or null for none */
          repeat?: {
            /** a recurrence rule (RFC 5545, RRULE) of at most 500 characters such as FREQ=WEEKLY;BYDAY=MO,TH */
            rule: string
            /** due or completion: whether the next date follows the last one, or the day of completion */
            from: 'due' | 'completion'
          } | null
          /** the id of a list, or null for the inbox */
          listId?: string | null
          /** the id of the todo whose subtask it is, or null for none */
          parentId?: string | null
          /** complete: all subtasks become done, too; goes with done true only */
          children?: 'complete'
          /** the name of a time zone (IANA) such as Europe/Berlin, where it is today when a recurring todo is completed that is due on a day; goes with done true only */
          timeZone?: string
        }
        /** the `etag` of the state that is to be changed; 412 when it is another one */
        ifMatch?: string
      }
    | {
        /** complete */
        op: 'complete'
        /** a UUID */
        id?: string
        /** 1 to 100 different ids */
        ids?: Array<string>
        /** at least one of the conditions that the list has */
        where?: {
          /** true or false */
          done?: boolean
          /** a tag that the todos have; all of them, where there are several */
          tag?: Array<string>
          /** the id of a list, or inbox; one of them, where there are several, at most 20 */
          list?: Array<'inbox' | string>
          /** the id of a todo, for its subtasks, or none, for todos that are nobody's subtask */
          parent?: 'none' | string
          /** none, low, medium or high */
          priority?: 'none' | 'low' | 'medium' | 'high'
          /** none, for todos without a due date (dueBefore and dueAfter select by date) */
          due?: 'none'
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueBefore?: string
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueAfter?: string
          /** true, for open todos whose due date is past by calendar and clock in timeZone */
          overdue?: true
          /** the name of a time zone (IANA) such as Europe/Berlin */
          timeZone?: string
          /** true or false; true for todos that repeat, false for the others */
          repeat?: boolean
          /** an instant such as 2026-03-29T09:00:00.000Z */
          updatedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedBefore?: string
          /** a text of at most 200 characters: words, or how they begin, in title or description */
          q?: string
        }
        /** complete: all subtasks become done, too; goes with done true only */
        children?: 'complete'
        /** the `etag` of the state that is to be changed; 412 when it is another one */
        ifMatch?: string
      }
    | {
        /** delete */
        op: 'delete'
        /** a UUID */
        id?: string
        /** 1 to 100 different ids */
        ids?: Array<string>
        /** at least one of the conditions that the list has */
        where?: {
          /** true or false */
          done?: boolean
          /** a tag that the todos have; all of them, where there are several */
          tag?: Array<string>
          /** the id of a list, or inbox; one of them, where there are several, at most 20 */
          list?: Array<'inbox' | string>
          /** the id of a todo, for its subtasks, or none, for todos that are nobody's subtask */
          parent?: 'none' | string
          /** none, low, medium or high */
          priority?: 'none' | 'low' | 'medium' | 'high'
          /** none, for todos without a due date (dueBefore and dueAfter select by date) */
          due?: 'none'
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueBefore?: string
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueAfter?: string
          /** true, for open todos whose due date is past by calendar and clock in timeZone */
          overdue?: true
          /** the name of a time zone (IANA) such as Europe/Berlin */
          timeZone?: string
          /** true or false; true for todos that repeat, false for the others */
          repeat?: boolean
          /** an instant such as 2026-03-29T09:00:00.000Z */
          updatedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedBefore?: string
          /** a text of at most 200 characters: words, or how they begin, in title or description */
          q?: string
        }
        /** the `etag` of the state that is to be changed; 412 when it is another one */
        ifMatch?: string
      }
    | {
        /** restore */
        op: 'restore'
        /** a UUID */
        id?: string
        /** 1 to 100 different ids */
        ids?: Array<string>
        /** deleted: true, and any of the conditions that the list has */
        where?: {
          /** true or false */
          done?: boolean
          /** a tag that the todos have; all of them, where there are several */
          tag?: Array<string>
          /** the id of a list, or inbox; one of them, where there are several, at most 20 */
          list?: Array<'inbox' | string>
          /** the id of a todo, for its subtasks, or none, for todos that are nobody's subtask */
          parent?: 'none' | string
          /** none, low, medium or high */
          priority?: 'none' | 'low' | 'medium' | 'high'
          /** none, for todos without a due date (dueBefore and dueAfter select by date) */
          due?: 'none'
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueBefore?: string
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueAfter?: string
          /** true, for open todos whose due date is past by calendar and clock in timeZone */
          overdue?: true
          /** the name of a time zone (IANA) such as Europe/Berlin */
          timeZone?: string
          /** true or false; true for todos that repeat, false for the others */
          repeat?: boolean
          /** an instant such as 2026-03-29T09:00:00.000Z */
          updatedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedBefore?: string
          /** a text of at most 200 characters: words, or how they begin, in title or description */
          q?: string
          /** true, since the todos are those in the trash */
          deleted: true
        }
        /** the `etag` of the state that is to be changed; 412 when it is another one */
        ifMatch?: string
      }
    | {
        /** purge */
        op: 'purge'
        /** a UUID */
        id?: string
        /** 1 to 100 different ids */
        ids?: Array<string>
        /** deleted: true, and any of the conditions that the list has */
        where?: {
          /** true or false */
          done?: boolean
          /** a tag that the todos have; all of them, where there are several */
          tag?: Array<string>
          /** the id of a list, or inbox; one of them, where there are several, at most 20 */
          list?: Array<'inbox' | string>
          /** the id of a todo, for its subtasks, or none, for todos that are nobody's subtask */
          parent?: 'none' | string
          /** none, low, medium or high */
          priority?: 'none' | 'low' | 'medium' | 'high'
          /** none, for todos without a due date (dueBefore and dueAfter select by date) */
          due?: 'none'
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueBefore?: string
          /** a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00 */
          dueAfter?: string
          /** true, for open todos whose due date is past by calendar and clock in timeZone */
          overdue?: true
          /** the name of a time zone (IANA) such as Europe/Berlin */
          timeZone?: string
          /** true or false; true for todos that repeat, false for the others */
          repeat?: boolean
          /** an instant such as 2026-03-29T09:00:00.000Z */
          updatedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedAfter?: string
          /** an instant such as 2026-03-29T09:00:00.000Z */
          completedBefore?: string
          /** a text of at most 200 characters: words, or how they begin, in title or description */
          q?: string
          /** true, since the todos are those in the trash */
          deleted: true
        }
        /** the `etag` of the state that is to be changed; 412 when it is another one */
        ifMatch?: string
      }
    | {
        /** move */
        op: 'move'
        /** a UUID */
        id?: string
        /** 1 to 100 different ids */
        ids?: Array<string>
        /** a UUID */
        after?: string
        /** a UUID */
        before?: string
        /** top or bottom */
        to?: 'top' | 'bottom'
        /** the id of a list, or null for the inbox */
        listId?: string | null
        /** the id of the todo whose subtask it is, or null for none */
        parentId?: string | null
        /** the `etag` of the state that is to be changed; 412 when it is another one */
        ifMatch?: string
      }
  >
  /** true or false; true runs everything and writes nothing */
  validateOnly?: boolean
}

export type ExportTodosQuery = {
  /** the id of a list, or inbox */
  list?: 'inbox' | string
}

export type ImportTodosQuery = {
  /** the id of a list */
  list?: string
  /** the name of a time zone (IANA) such as Europe/Berlin */
  timeZone?: string
}

/** All todos are there. */
export type ImportTodosAnswer = {
  /** how many todos were made */
  created: number
  /** how many were there already */
  existing: number
  /** what was not taken over, in the order of the lines, if there is any */
  notes?: Array<{
    /** the line of the file, counted from 1 */
    line: number
    /** the UID of the component, if it has one */
    uid?: string
    /** what was not taken over, and why */
    detail: string
  }>
}

export type ListTagsQuery = {
  /** a whole number from 1 to 200 */
  limit?: number
  /** the `nextCursor` of the previous page */
  cursor?: string
}

export type RenameTagBody = {
  /** a text of 1 to 50 characters, without white space around it */
  tag: string
}

export type ListListsQuery = {
  /** a whole number from 1 to 200 */
  limit?: number
  /** the `nextCursor` of the previous page */
  cursor?: string
  /** true or false; without it, archived lists and others */
  archived?: boolean
  /** true or false; true for the lists in the trash instead */
  deleted?: boolean
}

export type CreateListBody = {
  /** a UUID */
  id?: string
  /** a text of 1 to 200 characters, not counting white space around it */
  name: string
  /** a color such as #1e90ff, or null for none */
  color?: string | null
  /** true or false */
  archived?: boolean
}

export type DeleteListQuery = {
  /** true or false; true deletes for good, from the trash, too */
  permanent?: boolean
}

export type PatchListBody = {
  /** a text of 1 to 200 characters, not counting white space around it */
  name?: string
  /** a color such as #1e90ff, or null for none */
  color?: string | null
  /** true or false, or null for the default */
  archived?: boolean | null
}

/** { after } or { before } with the id of another list, or { to } with top or bottom */
export type MoveListBody = {
  /** a UUID */
  after?: string
  /** a UUID */
  before?: string
  /** top or bottom */
  to?: 'top' | 'bottom'
}

export type ListChangesQuery = {
  /** the `next` of the page before; without it, everything there is comes first */
  since?: string
  /** a whole number from 1 to 1000 */
  limit?: number
}

export type StreamChangesQuery = {
  /** the `next` of the page before; without it, everything there is comes first */
  since?: string
}
