import satisfies from 'spdx-satisfies';

/**
 * Licences of what may be in the image: they ask for their text and the authors' names, which are in it, or for
 * nothing.
 */
export const ALLOWED_LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
] as const;

/** Node's own; what it is made of is licensed by its LICENSE file, which is in the image. */
export const NODE_LICENCE = 'MIT';

/**
 * The base's: libraries that programs of any licence may be linked against, and files of the distribution. Their
 * `copyright` files are in the image.
 */
export const DEBIAN_LICENCES: readonly (readonly [RegExp, string])[] = [
  [/^base-files$/, 'GPL-2.0-or-later'],
  [/^libc6$/, 'LGPL-2.1-or-later'],
  [/^(?:libgcc-s1|libstdc\+\+6|gcc-\d+-base)$/, 'GPL-3.0-or-later WITH GCC-exception-3.1'],
];

/** Whether a package under this licence may be in the image: one of those that it lets choose is enough. */
export function isAllowedLicence(licence: string | undefined): boolean {
  try {
    return licence !== undefined && satisfies(licence, [...ALLOWED_LICENCES]);
  } catch {
    // No expression of SPDX, such as "SEE LICENSE IN ...".
    return false;
  }
}
