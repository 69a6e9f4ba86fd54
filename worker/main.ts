import { startProgram } from '@freeflow/lib/start';

startProgram(__dirname);
