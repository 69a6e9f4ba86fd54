import type { Target } from '../../backend';
import type { KeycloakAdmin, RealmRepresentation } from '../admin';
import type { RealmForm } from './form';

/** All that a comparison has at hand. */
export interface RealmScope {
  admin: KeycloakAdmin;
  target: Target;
  realm: RealmRepresentation;
  form: RealmForm;
  /** The password for SMTP that the worker was given. */
  smtpPassword: string | undefined;
}
