/** Iterates over all items of a paged list. Each page is fetched when its first item is needed. */
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
