/** What the code of a challenge confirms. An invitation has no code: its link is enough. */
export type ChallengePurpose = 'registration' | 'verification' | 'email_change' | 'invitation'
