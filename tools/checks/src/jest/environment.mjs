import { TestEnvironment } from 'jest-environment-node';

/** Programs that tests start must write the same whoever started the tests: Nx and terminals force colours on children. */
export default class Environment extends TestEnvironment {
  constructor(config, context) {
    delete process.env.FORCE_COLOR;
    delete process.env.NO_COLOR;
    super(config, context);
  }
}
