import { Notifications } from '@mantine/notifications';

/** Where it is told what has become of something, for some seconds. */
export const Notices = () => <Notifications position="bottom-right" />;
