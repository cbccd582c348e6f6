/** One server-sent event. `id` is the last id the stream gave, as the standard says. */
export type ServerSentEvent = { readonly id: string; readonly type: string; readonly data: string };

/**
 * Reads a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). An event that
 * the stream ends in the middle of is not given out. Comments and `retry` are passed over.
 */
export async function* serverEvents(source: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  let id = '';
  let type = '';
  let data: string[] = [];
  for await (const line of linesOf(source)) {
    if (line === '') {
      if (data.length > 0) yield { id, type: type === '' ? 'message' : type, data: data.join('\n') };
      type = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

/** Lines may end with LF, CR LF or CR; a CR at the end of a piece may be the first half of a CR LF. */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of source) {
    const text = decoder.decode(piece, { stream: true });
    const held = rest + text;
    // Without any line end in sight there is nothing to split; this keeps long lines from being scanned again and again.
    if (!/[\r\n]/.test(text) && !rest.endsWith('\r')) {
      rest = held;
      continue;
    }
    const complete = held.endsWith('\r') ? held.slice(0, -1) : held;
    const lines = complete.split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + (complete === held ? '' : '\r');
    yield* lines;
  }
}
