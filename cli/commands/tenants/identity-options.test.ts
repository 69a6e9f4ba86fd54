import { Command, InvalidArgumentError } from 'commander';
import { addIdentityOptions, collectLabelFilter, identityOf, type IdentityOptions } from './identity-options';

/** What the API is sent for these arguments of `create`. */
const parsed = (...args: string[]) =>
  identityOf(addIdentityOptions(new Command()).parse(args, { from: 'user' }).opts<IdentityOptions>());

test('what is not given is not sent, and what is given is sent as it is', () => {
  expect(parsed()).toEqual({});
  expect(
    parsed('--display-name', 'Acme Inc.', '--external-id', 'crm-1', '--label', 'a=b=c', '--label', 'd=', '--protect'),
  ).toEqual({ displayName: 'Acme Inc.', externalId: 'crm-1', labels: { a: 'b=c', d: '' }, deletionProtected: true });
});

test('what is cleared is null, and a label that is removed and given again is given', () => {
  expect(identityOf({ displayName: false, externalId: false, protect: false, removeLabel: ['a'] })).toEqual({
    displayName: null,
    externalId: null,
    deletionProtected: false,
    labels: { a: null },
  });
  expect(identityOf({ label: { a: 'b' }, removeLabel: ['a', 'c'] })).toEqual({ labels: { a: 'b', c: null } });
});

test('a label is key=value, and a filter as the API takes it', () => {
  for (const wrong of ['tier', '=gold', '']) expect(() => collectLabelFilter(wrong)).toThrow(InvalidArgumentError);
  expect(collectLabelFilter('b=x:y', collectLabelFilter('a='))).toEqual(['a:', 'b:x:y']);
});
