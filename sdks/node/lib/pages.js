/** Lists: pages, and iteration over all their rows by cursor, so that rows that come meanwhile are not shown twice. */

/** All rows of a list, fetched page by page while somebody iterates: `for await (const one of list)`. */
export class Listing {
  #fetch;

  /** `fetch` asks for the page at a cursor, or for the first one, and gives {data, pagination}. */
  constructor(fetch) {
    this.#fetch = fetch;
  }

  /** One page: the first, or that at a cursor. */
  async page(cursor) {
    const { data, pagination, resumeCursor } = await this.#fetch(cursor);
    return { items: data, nextCursor: pagination?.nextCursor ?? undefined, total: pagination?.total, resumeCursor };
  }

  /** All pages. */
  async *pages() {
    let page = await this.page();
    yield page;
    while (page.nextCursor !== undefined) {
      page = await this.page(page.nextCursor);
      yield page;
    }
  }

  async *[Symbol.asyncIterator]() {
    for await (const page of this.pages()) yield* page.items;
  }
}
