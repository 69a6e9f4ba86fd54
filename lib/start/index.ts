export { saveCompileCache, startProgram } from './start-program';
