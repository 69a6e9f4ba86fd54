export { masterNow } from '@freeflow/db-master';
