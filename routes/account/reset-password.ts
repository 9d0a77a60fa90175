import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { createPasswordResetSchema, MAX_PASSWORD } from '../../src/auth/accounts/schemas.ts'
import { normalizePassword } from '../../src/auth/passwords/normalization.ts'
import type { Config } from '../../src/config/config.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import { html } from '../../src/http/html.ts'
import { renderAppPage } from '../pages/layout.ts'
import { type Field, type FieldErrors, renderForm, setProblem, toFormProblem } from './form.ts'
import { FORM_ROUTE, FORM_TYPES } from './form-route.ts'
import { createProblemRenderer, type ProblemTexts } from './problem-page.ts'

const HEADING = 'Choose a new password'
const ASK_AGAIN = 'To choose another password, ask for a new link in the app, at the sign-in.'

const problemTexts: ProblemTexts = {
  link_invalid: {
    next: `Open the link in the mail again, whole: a part of it is missing, or was changed. ${ASK_AGAIN}`
  },
  link_expired: { next: `A link is good for one hour. ${ASK_AGAIN}` },
  link_used: {
    next: `It was used, or the password or the e-mail was changed since it was mailed. ${ASK_AGAIN}`
  }
}

/** Where somebody who has forgotten the password chooses another one. */
const resetPassword: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const { appName } = config
  const { minLength } = config.password
  const { token, newPassword } = createPasswordResetSchema(minLength).properties
  // Programs on the way of a mail add parameters of their own to its links.
  const querystring = Type.Object({ token })
  const body = Type.Object({ token, newPassword }, { additionalProperties: false })
  const renderProblem = createProblemRenderer(appName, problemTexts)
  const fields: readonly Field[] = [
    {
      name: 'newPassword',
      label: 'New password',
      hint: `${minLength} to ${MAX_PASSWORD} characters of any kind, and not easy to guess: four random words, say.`,
      type: 'password',
      autocomplete: 'new-password'
    }
  ]

  async function renderPasswordForm(reply: FastifyReply, token: string, errors?: FieldErrors) {
    const { username } = await app.accounts.findResetAccount(token)
    return renderForm(reply, {
      appName,
      heading: HEADING,
      action: 'reset-password',
      intro: html`<p>It becomes the password of your account of ${appName}, and you are signed out everywhere.</p>`,
      username,
      hidden: { token },
      fields,
      button: 'Change the password',
      ...(errors && { errors })
    })
  }

  app.get(
    '/reset-password',
    { schema: { hide: true, querystring }, config: { renderProblem } },
    async function showResetPassword(request, reply) {
      return renderPasswordForm(reply, request.query.token)
    }
  )

  app.post(
    '/reset-password',
    {
      schema: { hide: true, consumes: FORM_TYPES, body },
      config: { ...FORM_ROUTE, renderProblem },
      attachValidation: true,
      // The schema counts the characters of the text that is hashed.
      async preValidation({ body }) {
        if (typeof body?.newPassword === 'string') body.newPassword = normalizePassword(body.newPassword)
      }
    },
    async function resetPassword(request, reply) {
      try {
        if (request.validationError) throw request.validationError
        await app.accounts.resetPassword(request.body, toClientInfo(request))
      } catch (error) {
        const { problem, errors } = toFormProblem(error, fields)
        setProblem(reply, problem)
        return renderPasswordForm(reply, request.body.token, errors)
      }
      return renderAppPage(reply, {
        appName,
        heading: 'The password is changed',
        content: html`<h1>The password is changed</h1>
<p>You are signed out everywhere. Go back to ${appName}, and sign in with the new password.</p>
<p>If it was not you who asked for it, change the password of your mailbox too.</p>`
      })
    }
  )
}

export default resetPassword
