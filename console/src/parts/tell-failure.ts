import { notifications } from '@mantine/notifications';
import { tell } from './problem-view';

const SHOWN_FOR_MS = 15_000;

/** Tells that something asked for was not done, and what to do about it, beside what is shown. */
export function tellFailure(error: unknown): void {
  const { title, detail, advice } = tell(error);
  notifications.show({ color: 'red', title, message: `${detail} ${advice}`, autoClose: SHOWN_FOR_MS });
}
