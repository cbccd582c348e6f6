import { httpErrors, type HttpErrorCode } from '../../errors/http-error.ts';

/** A schema of the components. */
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
/** An answer in JSON. */
export const json = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema } },
});
/** A body in JSON. */
export const jsonBody = (schema: object) => ({ required: true, content: { 'application/json': { schema } } });
/** A parameter of the query. */
export const query = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  schema,
});
/** A header of the request. */
export const header = (name: string, description: string, schema: object) => ({
  name,
  in: 'header',
  description,
  schema,
});
/** The job that a path is about. */
export const jobId = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

/** The answers of errors, by status. */
export const failures = (...codes: HttpErrorCode[]) => {
  const byStatus: Record<string, object> = {};
  for (const code of codes)
    byStatus[httpErrors[code].status] = json(`\`${code}\`: ${httpErrors[code].hint}`, ref('Error'));
  return byStatus;
};
