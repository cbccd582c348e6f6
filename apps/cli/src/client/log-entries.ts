import { eventSchema, type LogEntry, serverEventSchema } from '@danube/contract';
import { notDanube } from './answers.ts';
import { serverEvents } from './server-events.ts';

const entryEventSchema = eventSchema.or(serverEventSchema);
const knownTypes: ReadonlySet<string> = new Set(
  [...eventSchema.options, ...serverEventSchema.options].map(({ shape }) => shape.type.value),
);

/**
 * The log entries of a stream of server-sent events. Types that this version does not know are passed over, so that a
 * newer server may add some.
 *
 * @throws CliError NotDanube for an entry that is none.
 */
export async function* logEntries(source: AsyncIterable<Uint8Array>, server: URL): AsyncGenerator<LogEntry, void> {
  for await (const { id, type, data } of serverEvents(source)) {
    if (!knownTypes.has(type)) continue;
    const entry = toEntry(Number(id), data);
    if (entry === undefined) throw notDanube(server, `its log has a "${type}" that is none`);
    yield entry;
  }
}

const toEntry = (position: number, data: string): LogEntry | undefined => {
  try {
    const parsed = entryEventSchema.safeParse(JSON.parse(data));
    return parsed.success && Number.isSafeInteger(position) ? { position, event: parsed.data } : undefined;
  } catch {
    return undefined;
  }
};
