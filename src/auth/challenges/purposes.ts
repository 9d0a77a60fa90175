/** What the code of a challenge confirms. An invitation has no code: its link is enough. */
export const challengePurposes = ['registration', 'verification', 'email_change', 'invitation'] as const
export type ChallengePurpose = (typeof challengePurposes)[number]
