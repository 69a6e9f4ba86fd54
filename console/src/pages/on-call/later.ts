// What is not needed to see what is stuck, as one part: many small ones compress badly.
export { AnswerDialog } from './answer-dialog';
export { BatchCard } from './batch-card';
export { giveAnswers, retryAll } from './give-answers';
export { Guide } from './guide';
