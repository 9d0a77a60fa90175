/** The texts of all mails about accounts. Each function gives the subject, the plain text and the HTML. */
export * from './templates/codes.ts'
export * from './templates/factors.ts'
export * from './templates/links.ts'
export * from './templates/notices.ts'
