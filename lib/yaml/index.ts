// Where in a file of YAML or JSON something is wrong.
export { issueText, nameOf } from './issue-text';
export { offsetOf, type NodePath } from './node-offset';
