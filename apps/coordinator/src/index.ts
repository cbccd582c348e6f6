export { coordinatorCommand } from './coordinator-command.ts';
