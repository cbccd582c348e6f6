/**
 * Modules of Node that are taken when they are needed, as CommonJS takes them. An `import` of them costs more than all of
 * ours: it evaluates all their exports, some of which load Node's own fetch, WebSocket, WebCrypto and workers.
 */
export const nodeHttp = () => process.getBuiltinModule('node:http');
export const nodeHttps = () => process.getBuiltinModule('node:https');
export const nodeCrypto = () => process.getBuiltinModule('node:crypto');
export const nodeUtil = () => process.getBuiltinModule('node:util');
export const nodeChildProcess = () => process.getBuiltinModule('node:child_process');
