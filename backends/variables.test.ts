import type { z } from 'zod';
import { mongoAddress, mongoUrl } from './mongodb/variables';
import { postgresAddress } from './postgres/variables';

it.each<[string, z.ZodType, string[], string[]]>([
  [
    'MongoDB URL',
    mongoUrl(),
    [
      'mongodb://u:p@h/?authSource=admin',
      'mongodb+srv://h',
      'mongodb://u:p%40@a:1,b:2/?replicaSet=rs0',
      'mongodb://[::1]:27017',
    ],
    ['mongo://h', 'mongodb://', 'mongodb+srv://a:1', 'mongodb://u:p/@h'],
  ],
  [
    "PostgreSQL's address",
    postgresAddress(),
    ['postgresql://h', 'postgres://h:1/?sslmode=verify-full'],
    [
      'postgres://u@h',
      'postgres://u:p@h',
      'postgres://h/d',
      'postgres://h?user=u',
      'postgres://h?sslpassword=p',
      'postgres://a:1,b:2/',
    ],
  ],
  [
    "MongoDB's address",
    mongoAddress(),
    ['mongodb://h', 'mongodb://a:1,b:2/?replicaSet=rs0&tls=true', 'mongodb+srv://h/'],
    [
      'mongodb://u@h',
      'mongodb://u:p@h',
      'mongodb://h/d',
      'mongodb://h/?authsource=admin',
      'mongodb://h/?proxyPassword=p',
      'http://h',
    ],
  ],
])('%s', (_kind, kind, fit, unfit) => {
  const isFit = (value: string) => kind.safeParse(value).success;
  expect({ fit: fit.filter(isFit), unfit: unfit.filter(isFit) }).toEqual({ fit, unfit: [] });
});
