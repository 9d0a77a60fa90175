/** What is done to the todos of a list, in the background where they are many. */
export type ListTransition = 'archiving' | 'unarchiving' | 'deleting' | 'restoring' | 'purging'
