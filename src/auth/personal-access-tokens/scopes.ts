/** What a personal access token may do. None reaches the account. */
export const scopes = ['todos:read', 'todos:write'] as const
export type Scope = (typeof scopes)[number]
