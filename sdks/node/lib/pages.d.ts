/** Lists: pages, and iteration over all their rows by cursor. */

/** Some rows, and where the next ones begin. `total` counts all rows, where the server says it. */
export interface Page<Row> {
  items: Row[];
  nextCursor: string | undefined;
  total: number | undefined;
  /** Where to go on at another time, for lists that grow at their end. */
  resumeCursor: string | undefined;
}

/** All rows of a list, fetched page by page while somebody iterates: `for await (const one of list)`. */
export declare class Listing<Row> implements AsyncIterable<Row> {
  /** One page: the first, or that at a cursor. */
  page(cursor?: string): Promise<Page<Row>>;
  /** All pages. */
  pages(): AsyncGenerator<Page<Row>>;
  [Symbol.asyncIterator](): AsyncGenerator<Row>;
}
