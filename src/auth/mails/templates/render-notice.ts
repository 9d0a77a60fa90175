import { type Fact, type MailBlock, type MailTexts, renderMail } from '../../../mail/layout.ts'

/** When something happened, and from where. */
export interface Occurrence {
  readonly time: Date
  /** null: done by those who run the service. */
  readonly ip: string | null
  readonly device: string | null
}

/** Tells the owner of an account what happened to it. */
export interface NoticeMail {
  readonly appName: string
  readonly username: string
  readonly occurrence: Occurrence
}

/** The most characters of the name of a device. Programs choose theirs, and could make it a text of its own. */
const MAX_DEVICE = 64

export interface NoticeTexts {
  /** What follows the name of the application. */
  readonly subject: string
  readonly event: readonly string[]
  readonly facts?: readonly Fact[]
  readonly ifNotYou: readonly MailBlock[]
}

/** Renders a notice, with what happened, when, and what to do if it was somebody else. */
export function renderNotice(
  { appName, username, occurrence }: NoticeMail,
  { subject, event, facts = [], ifNotYou }: NoticeTexts
): MailTexts {
  return renderMail({
    appName,
    subject: `${appName}: ${subject}`,
    blocks: [
      ...event,
      { facts: [['User name', username], ...facts, ...describeOccurrence(occurrence)] },
      { heading: occurrence.ip === null ? 'If you did not expect this' : 'If it was not you' },
      ...ifNotYou
    ]
  })
}

function describeOccurrence({ time, ip, device }: Occurrence): readonly Fact[] {
  const when: Fact = ['When', time]
  if (ip === null) return [when, ['By', 'those who run the service']]
  return [
    when,
    ['From the address', ip],
    ['With', device?.slice(0, MAX_DEVICE) ?? 'a program that does not give its name']
  ]
}
