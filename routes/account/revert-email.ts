import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { EmailRevert } from '../../src/auth/accounts/schemas.ts'
import type { Config } from '../../src/config/config.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import { html } from '../../src/http/html.ts'
import { renderAppPage } from '../pages/layout.ts'
import { renderForm } from './form.ts'
import { FORM_ROUTE, FORM_TYPES } from './form-route.ts'
import { createProblemRenderer, type ProblemTexts } from './problem-page.ts'

const ASK_OPERATORS = 'If somebody else is in your account, tell those who run the service.'

// Programs on the way of a mail add parameters of their own to its links.
const querystring = Type.Object({ token: EmailRevert.properties.token })

const problemTexts: ProblemTexts = {
  link_invalid: {
    next: `Open the link in the mail again, whole: a part of it is missing, or was changed. ${ASK_OPERATORS}`
  },
  link_expired: { next: `A link is good for seven days. ${ASK_OPERATORS}` },
  link_used: { next: `It was used, or an older address was put back since. ${ASK_OPERATORS}` }
}

/** Where the owner of a former address puts it back, as somebody else has changed it. */
const revertEmail: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config: { appName } }) => {
  const renderProblem = createProblemRenderer(appName, problemTexts)

  app.get(
    '/revert-email',
    { schema: { hide: true, querystring }, config: { renderProblem } },
    async function showRevertEmail(request, reply) {
      const { token } = request.query
      const { username, email } = await app.accounts.findRevert(token)
      return renderForm(reply, {
        appName,
        heading: 'Put your e-mail back',
        action: 'revert-email',
        intro: html`<p><strong>${email}</strong> becomes the e-mail of the account <strong>${username}</strong> of ${appName} again. Everybody who is signed in to the account is signed out.</p>
<p>If it was you who changed the e-mail, close this page: nothing changes.</p>`,
        hidden: { token },
        fields: [],
        button: 'Put the e-mail back'
      })
    }
  )

  app.post(
    '/revert-email',
    {
      schema: { hide: true, consumes: FORM_TYPES, body: EmailRevert },
      config: { ...FORM_ROUTE, renderProblem }
    },
    async function revertEmail(request, reply) {
      const { email } = await app.accounts.revertEmail(request.body.token, toClientInfo(request))
      return renderAppPage(reply, {
        appName,
        heading: 'Your e-mail is back',
        content: html`<h1>Your e-mail is back</h1>
<p><strong>${email}</strong> is the e-mail of your account of ${appName} again, and nobody is signed in to it any more.</p>
<p>Somebody else may know your password. Choose a new one now, by the link in the mail that is on its way to you.</p>`
      })
    }
  )
}

export default revertEmail
