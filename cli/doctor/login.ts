import { fail, ok, type Finding, type Group } from '../../backends/doctor/check';
import { baseOf } from '../../backends/doctor/http';
import type { SelectedContext } from '../contexts/select';
import { tokensOf } from '../contexts/token';
import { answerTo } from './identity';
import type { ProductSetting } from './settings';

/** What can be checked of an installation that is known by a person's login alone: whether its API takes that. */
export const loginGroup = (selected: SelectedContext): Group<ProductSetting> => ({
  title: `Context ${selected.name}`,
  checks: [
    {
      name: 'login.accepted',
      needs: ['FREEFLOW_API_URL'],
      after: ['api.ready'],
      run: ({ FREEFLOW_API_URL: url }, env) => checkLogin(baseOf(url), env, selected),
    },
  ],
});

async function checkLogin(url: string, env: NodeJS.ProcessEnv, selected: SelectedContext): Promise<Finding> {
  const refusal = await answerTo(url, await tokensOf(env, selected)());
  return refusal === undefined
    ? ok('the API accepts it')
    : fail(refusal, 'Log in again: freeflow login. Then ask who runs the installation for the permission.');
}
