export { keepCompiled, startProgram } from './start-program';
