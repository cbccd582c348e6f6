import { controlSchema, eventAckSchema, eventBatchSchema, jobSchema, pipelineSchema } from '@danube/contract';
import { httpErrors } from '../../errors/http-error.ts';

/** A schema of the contract: it can say itself as JSON Schema. */
type Described = {
  toJSONSchema(options: { target: 'draft-2020-12'; io: 'input' | 'output' }): Record<string, unknown>;
};

const schemaOf = (schema: Described, io: 'input' | 'output' = 'output'): Record<string, unknown> =>
  schema.toJSONSchema({ target: 'draft-2020-12', io });

/** What the paths refer to; requests and answers are described by the schemas that check them. */
export const components = () => ({
  schemas: {
    Pipeline: schemaOf(pipelineSchema, 'input'),
    Job: schemaOf(jobSchema),
    EventBatch: schemaOf(eventBatchSchema, 'input'),
    EventAck: schemaOf(eventAckSchema),
    Control: schemaOf(controlSchema),
    LogEntry: {
      type: 'object',
      required: ['position', 'event'],
      properties: {
        position: { type: 'integer', minimum: 1 },
        event: {
          type: 'object',
          required: ['type', 'at'],
          properties: { type: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
        },
      },
    },
    Readiness: {
      type: 'object',
      required: ['status', 'checks'],
      properties: {
        status: { enum: ['ok', 'failing'] },
        checks: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'ok'],
            properties: { name: { type: 'string' }, ok: { type: 'boolean' }, message: { type: 'string' } },
          },
        },
      },
    },
    Error: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          type: 'object',
          required: ['code', 'message', 'hint'],
          properties: {
            code: { enum: Object.keys(httpErrors) },
            message: { type: 'string' },
            hint: { type: 'string' },
            problems: {
              type: 'array',
              items: { type: 'object', properties: { path: { type: 'array' }, message: { type: 'string' } } },
            },
          },
        },
      },
    },
  },
  securitySchemes: {
    podToken: {
      type: 'http',
      scheme: 'bearer',
      description: 'Projected service account token of the job pod, audience `danube`.',
    },
  },
});
