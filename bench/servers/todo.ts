/** What a todo looks like in 200 bytes of JSON. */
export const TODO = {
  id: '01a20996-fb6c-78b7-96ed-227b58a269d2',
  title: 'Buy oat milk on the way',
  description: 'Oat, not cow',
  done: true,
  createdAt: '2026-11-23T09:30:00.000Z',
  completedAt: '2026-11-23T10:00:00.000Z'
}
