import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { CodeAnswer } from '../../src/auth/accounts/schemas.ts'
import type { ConfirmedEmail } from '../../src/auth/emails/confirm-with-password.ts'
import type { Config } from '../../src/config/config.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import { type Html, html } from '../../src/http/html.ts'
import type { ProblemCode } from '../../src/problems/problem.ts'
import { renderAppPage } from '../pages/layout.ts'
import { type Field, type FieldErrors, renderForm, setProblem, toFormProblem } from './form.ts'
import { FORM_ROUTE, FORM_TYPES } from './form-route.ts'
import { createProblemRenderer, type ProblemTexts } from './problem-page.ts'

const HEADING = 'Confirm your e-mail'

const { challengeId, code } = CodeAnswer.properties
// Programs on the way of a mail add parameters of their own to its links.
const querystring = Type.Object({ challengeId })
const password = Type.String({
  format: 'password',
  minLength: 1,
  description: 'the password of the account'
})
const body = Type.Object({ challengeId, code, password }, { additionalProperties: false })

const fields: readonly Field[] = [
  {
    name: 'code',
    label: 'Code',
    hint: 'The six digits in the latest mail.',
    type: 'text',
    autocomplete: 'one-time-code',
    inputmode: 'numeric'
  },
  {
    name: 'password',
    label: 'Password',
    hint: 'The password of the account. Whoever merely reads the mail cannot confirm the address.',
    type: 'password',
    autocomplete: 'current-password'
  }
]

const fieldByCode: Partial<Record<ProblemCode, string>> = {
  code_wrong: 'code',
  password_wrong: 'password',
  sign_in_throttled: 'password'
}

const problemTexts: ProblemTexts = {
  reauthentication_required: {
    title: 'This account asks for more than a password',
    next: 'It has a second factor or a passkey. Give the code in the app, where you are signed in.'
  },
  already_taken: {
    title: 'The account or the address is taken',
    next: 'In the meantime somebody has made an account with this user name or this e-mail. Sign in, if it was you. Otherwise begin again in the app, with another one.'
  }
}

/** What is true now, and what to do next. */
function describeResult(
  { purpose, email }: ConfirmedEmail,
  appName: string
): { heading: string; text: Html } {
  const address = html`<strong>${email}</strong>`
  if (purpose === 'registration')
    return {
      heading: 'Your account is made',
      text: html`Its e-mail is ${address}. Go back to ${appName}, and sign in.`
    }
  if (purpose === 'email_change')
    return {
      heading: 'Your e-mail is changed',
      text: html`It is ${address} now. Go back to ${appName}. From now on you sign in with this address.`
    }
  return {
    heading: 'Your e-mail is confirmed',
    text: html`It is ${address}. Go back to ${appName}: there is nothing else to do.`
  }
}

/** Where somebody types the code of a mail who has no app at hand. The password stands in for the sign-in. */
const confirmEmail: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config: { appName } }) => {
  const renderProblem = createProblemRenderer(appName, problemTexts)

  const renderCodeForm = (
    reply: FastifyReply,
    { challengeId, code }: { challengeId: string; code?: string },
    errors?: FieldErrors
  ) =>
    renderForm(reply, {
      appName,
      heading: HEADING,
      action: 'confirm-email',
      intro: html`<p>Type the code that ${appName} has mailed to you, and the password of the account.</p>`,
      hidden: { challengeId },
      fields,
      button: 'Confirm',
      ...(code && { values: { code } }),
      ...(errors && { errors })
    })

  app.get(
    '/confirm-email',
    { schema: { hide: true, querystring }, config: { renderProblem } },
    async function showConfirmEmail(request, reply) {
      return renderCodeForm(reply, request.query)
    }
  )

  app.post(
    '/confirm-email',
    {
      schema: { hide: true, consumes: FORM_TYPES, body },
      config: { ...FORM_ROUTE, renderProblem },
      attachValidation: true,
      // Some mail programs show, and some people type, a code with spaces.
      async preValidation({ body }) {
        if (typeof body?.code === 'string') body.code = body.code.replaceAll(/\s/g, '')
      }
    },
    async function confirmEmail(request, reply) {
      try {
        if (request.validationError) throw request.validationError
        const confirmed = await app.accounts.confirmWithPassword(request.body, toClientInfo(request))
        const { heading, text } = describeResult(confirmed, appName)
        return renderAppPage(reply, { appName, heading, content: html`<h1>${heading}</h1>\n<p>${text}</p>` })
      } catch (error) {
        const { problem, errors } = toFormProblem(error, fields, fieldByCode)
        setProblem(reply, problem)
        return renderCodeForm(reply, request.body, errors)
      }
    }
  )
}

export default confirmEmail
