/** What a `WWW-Authenticate` header asks for. */
export type Challenge =
  | { readonly scheme: 'basic'; readonly realm: string }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

/**
 * The strongest challenge of the header that can be met, Bearer before Basic; undefined when there is none.
 * Grammar: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export const parseChallenge = (header: string | undefined): Challenge | undefined => {
  const found = challenges(header ?? '');
  const bearer = found.find(({ scheme, params }) => scheme === 'bearer' && params['realm'] !== undefined);
  if (bearer !== undefined) {
    const { realm = '', service, scope } = bearer.params;
    return {
      scheme: 'bearer',
      realm,
      ...(service === undefined ? {} : { service }),
      ...(scope === undefined ? {} : { scope }),
    };
  }
  const basic = found.find(({ scheme }) => scheme === 'basic');
  return basic && { scheme: 'basic', realm: basic.params['realm'] ?? '' };
};

type Parts = { readonly scheme: string; readonly params: Record<string, string> };

// A parameter, or the name of a scheme.
const part = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))|([A-Za-z][\w-]*)/g;

const challenges = (header: string): Parts[] => {
  const found: Parts[] = [];
  for (const [, name, quoted, bare, scheme] of header.matchAll(part)) {
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), params: {} });
    const params = found.at(-1)?.params;
    if (name !== undefined && params !== undefined) {
      params[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
    }
  }
  return found;
};
