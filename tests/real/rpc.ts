/** One call of JSON-RPC with the login that stands in the URL. Throws the node's words. */
export async function rpc(url: URL, method: string, params: readonly unknown[]): Promise<unknown> {
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const response = await fetch(`http://${url.host}/`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(login)}` },
    body: JSON.stringify({ jsonrpc: "1.0", id: 1, method, params }),
  });
  const { result, error } = await response.json();
  if (error) throw new Error(`${method}: ${error.message} (${error.code})`);
  return result;
}
