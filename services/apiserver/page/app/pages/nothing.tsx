/**
 * A path that is none of the page's.
 *
 * @module
 */
export function Nothing() {
  return (
    <div class="title">
      <h1>There is no such page</h1>
      <p>
        <a href="/">The pool's figures</a>{" "}
        are a page back. A miner's page is found by its address, in the field above.
      </p>
    </div>
  );
}
