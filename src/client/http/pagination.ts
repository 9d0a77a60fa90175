/** Walks through all items of a list, whose pages it asks for one by one. */
export async function* iterateItems<Item>(
  fetchPage: (cursor: string | undefined) => Promise<{ items: Item[]; nextCursor: string | null }>
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await fetchPage(cursor)
    yield* page.items
    cursor = page.nextCursor
  }
}
